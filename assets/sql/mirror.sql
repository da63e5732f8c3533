-- A mirror, schema version 4. Everything of ours starts with `_`; each resource type adds a table of its own name.
-- The CHECKs state what must hold whoever writes: a mirror that breaks one is a defect, and the transaction fails.

-- device, host, created; account once an `account` record came; converged: when `start` last answered 204. No affinity: 12 and '12' are two.
CREATE TABLE _meta (
    key TEXT PRIMARY KEY NOT NULL,
    value NOT NULL
) WITHOUT ROWID;

-- Counters that each transaction keeps, so that nobody ever scans to count.
CREATE TABLE _total (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    pages INTEGER NOT NULL CHECK (pages >= 0),
    pending INTEGER NOT NULL CHECK (pending >= 0),
    refused INTEGER NOT NULL CHECK (refused >= 0),
    tombstones INTEGER NOT NULL CHECK (tombstones >= 0),
    unkeyed INTEGER NOT NULL CHECK (unkeyed >= 0)
);
INSERT INTO _total VALUES (1, 0, 0, 0, 0, 0);

-- Resource types: the name as received, the table it lives in, its rows.
-- left_out: field names that have no column (a JSON array, NULL where every field has one).
CREATE TABLE _type (
    no INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    table_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    rows INTEGER NOT NULL DEFAULT 0 CHECK (rows >= 0),
    left_out TEXT
);

-- The columns that show fields, in the order the fields were met.
CREATE TABLE _column (
    type INTEGER NOT NULL REFERENCES _type (no),
    ordinal INTEGER NOT NULL,
    field TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (type, ordinal),
    UNIQUE (type, field),
    UNIQUE (type, name)
) WITHOUT ROWID;

-- Sessions. `end` is NULL while one runs; the next open calls what it finds so `crashed`.
CREATE TABLE _session (
    no INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    end TEXT CHECK (end IN ('drained', 'lost', 'stopped', 'failed', 'crashed')),
    pages INTEGER NOT NULL DEFAULT 0,
    instructions INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    stale INTEGER NOT NULL DEFAULT 0,
    same INTEGER NOT NULL DEFAULT 0,
    failed_objects INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    CHECK (instructions = created + updated + deleted),
    CHECK ((end IS NULL) = (ended IS NULL))
);

-- What was deleted, so that a late, older update cannot bring it back. A row lives here or in its type's table.
CREATE TABLE _tombstone (
    type TEXT NOT NULL,
    id BLOB NOT NULL,
    revision INTEGER,
    _session INTEGER NOT NULL,
    _page INTEGER NOT NULL,
    PRIMARY KEY (type, id)
) WITHOUT ROWID;

-- What an instruction replaced or deleted. `event` says what happened to it, `session` who did it and
-- `brought_by` which session had brought the state. A first download writes nothing here.
CREATE TABLE _history (
    no INTEGER PRIMARY KEY NOT NULL,
    type TEXT NOT NULL,
    id BLOB,
    revision INTEGER,
    data TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('updated', 'deleted')),
    brought_by INTEGER NOT NULL,
    session INTEGER NOT NULL,
    page INTEGER NOT NULL
);
CREATE INDEX _history_record ON _history (type, id);
CREATE INDEX _history_session ON _history (session);

-- Instructions without `data.id`: no current state, so stale ones are here too. With an ack key, (type, ack_key) is
-- the key; without one, an instruction is kept once for each different text (found by its fingerprint).
CREATE TABLE _unkeyed (
    type TEXT NOT NULL,
    ack_key TEXT,
    revision INTEGER,
    event_type TEXT NOT NULL,
    data TEXT NOT NULL,
    _session INTEGER NOT NULL,
    _page INTEGER NOT NULL,
    _fingerprint INTEGER NOT NULL
);
CREATE UNIQUE INDEX _unkeyed_key ON _unkeyed (type, ack_key) WHERE ack_key IS NOT NULL;
CREATE INDEX _unkeyed_text ON _unkeyed (type, _fingerprint) WHERE ack_key IS NULL;

-- Ack keys of committed pages that are not all accepted: one row a page, its keys a JSON array.
-- settled: which of them are accepted or refused, a JSON array of [from, to) ranges; NULL for none.
-- held: kept back by hand until somebody releases them.
CREATE TABLE _outbox (
    page INTEGER PRIMARY KEY NOT NULL,
    session INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    settled TEXT,
    keys TEXT NOT NULL,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1))
);

-- Keys that the service refused for good, each once: with what it was refused last.
CREATE TABLE _refused (
    no INTEGER PRIMARY KEY NOT NULL,
    ack_key TEXT NOT NULL,
    page INTEGER NOT NULL,
    session INTEGER NOT NULL,
    pack INTEGER NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE UNIQUE INDEX _refused_key ON _refused (ack_key);

-- The last 1,000 settled packs. slices: a JSON array of [page, from, to).
CREATE TABLE _pack (
    no INTEGER PRIMARY KEY NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'refused', 'failed')),
    keys INTEGER NOT NULL CHECK (keys > 0),
    tries INTEGER NOT NULL CHECK (tries > 0),
    status INTEGER,
    answer TEXT,
    slices TEXT NOT NULL,
    at TEXT NOT NULL
);

-- What changed nothing and should be known all the same: stale instructions, and objects that the service could not
-- deliver. The newest 1,000 of each; written with the page that brought them.
CREATE TABLE _noted (
    no INTEGER PRIMARY KEY NOT NULL,
    note TEXT NOT NULL CHECK (note IN ('stale', 'failed')),
    type TEXT NOT NULL,
    id BLOB,
    event TEXT,
    revision INTEGER,
    why TEXT NOT NULL,
    session INTEGER NOT NULL,
    page INTEGER NOT NULL
);
