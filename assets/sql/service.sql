-- The account as the service keeps it. `seq` is the account's change sequence: each change of a record gives it a new,
-- larger one, so that "what changed" is a range of row ids and pages are read in the order of the file.

CREATE TABLE kind (
    kind  INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE             -- meta.type: contact, loss_reason, ...
);

-- The current state of every record; what was deleted stays as a tombstone, so that its id is never used again.
CREATE TABLE record (
    seq       INTEGER PRIMARY KEY,
    kind      INTEGER NOT NULL REFERENCES kind,
    id        NOT NULL,                     -- as in data.id; where there is none a number of our own, as a blob if taken over
    owner     INTEGER,                      -- the user whose it is; NULL: everybody sees it
    revision  INTEGER,                      -- NULL: taken over from elsewhere, where it had none
    prior     INTEGER NOT NULL,             -- the seq of the state before this one; 0: this is the first
    deleted   INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    data      TEXT NOT NULL                 -- the JSON as it is sent
);

-- The states that are no more: whether a device that acknowledged one of them has the record.
CREATE TABLE former (
    seq      INTEGER PRIMARY KEY,
    kind     INTEGER NOT NULL,
    id       NOT NULL,
    owner    INTEGER,
    prior    INTEGER NOT NULL,
    deleted  INTEGER NOT NULL CHECK (deleted IN (0, 1))
);

-- Instructions without an id that were taken over from elsewhere: the key and the event that they came with.
CREATE TABLE given (
    seq      INTEGER PRIMARY KEY,
    ack_key  TEXT UNIQUE,
    event    TEXT
);

-- How many live records there are, so that nobody has to count them.
CREATE TABLE tally (
    kind   INTEGER NOT NULL REFERENCES kind,
    owner  INTEGER NOT NULL,                -- 0: everybody's
    live   INTEGER NOT NULL CHECK (live >= 0),
    PRIMARY KEY (kind, owner)
) WITHOUT ROWID;

-- A device, and as whom it acknowledged. A change of sight rewrites its ledger.
CREATE TABLE device (
    device  INTEGER PRIMARY KEY,
    uuid    TEXT NOT NULL UNIQUE,
    sight   INTEGER NOT NULL,               -- 0: everything; else the user who sees only what is theirs
    epoch   INTEGER NOT NULL                -- how often its sight changed; ack keys carry it
);

-- What a device acknowledged: one bit a seq, 4,096 to a row; an empty blob means all of them.
CREATE TABLE acked (
    device  INTEGER NOT NULL REFERENCES device,
    chunk   INTEGER NOT NULL,
    bits    BLOB NOT NULL CHECK (length(bits) IN (0, 512)),
    PRIMARY KEY (device, chunk)
) WITHOUT ROWID;

-- The records that a device has although its ledger does not say so: left over from another sight.
CREATE TABLE held (
    device  INTEGER NOT NULL REFERENCES device,
    kind    INTEGER NOT NULL,
    id      NOT NULL,
    PRIMARY KEY (device, kind, id)
) WITHOUT ROWID;

-- Sessions, so that they outlive a restart. `cursor` may run ahead of what was taken: what it skips is not
-- acknowledged, hence comes in the next session.
CREATE TABLE session (
    id       TEXT PRIMARY KEY,
    device   INTEGER NOT NULL REFERENCES device,
    sight    INTEGER NOT NULL,
    cursor   INTEGER NOT NULL,
    upto     INTEGER NOT NULL,
    remaining  INTEGER NOT NULL,
    used     INTEGER NOT NULL,              -- seconds since 1970
    drained  INTEGER NOT NULL CHECK (drained IN (0, 1))
) WITHOUT ROWID;

-- What a user sees where it is not what the account began with.
CREATE TABLE sight (
    user  INTEGER PRIMARY KEY,
    everything  INTEGER NOT NULL CHECK (everything IN (0, 1))
);

-- seed, items, edits: numbers of our own. taken_over: 1 where the records came from a mirror or NDJSON.
CREATE TABLE setting (
    name   TEXT PRIMARY KEY,
    value  INTEGER NOT NULL
) WITHOUT ROWID;
