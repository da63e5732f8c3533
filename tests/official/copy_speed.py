"""How fast the official Python client (PyPI basecrm 1.2.9, unmodified) copies an account into SQLite, beside drainboard.

Not part of `cargo test`: it needs Python and PyPI. From the repository's root:

    python3 -m venv /tmp/basecrm && /tmp/basecrm/bin/pip install basecrm==1.2.9
    cargo build --release && /tmp/basecrm/bin/python tests/official/copy_speed.py target/release/drainboard [ITEMS]

Both take the same account from one service of their own, without a limit of requests. The Python program does what its
documentation shows: an upsert in the callback of each record; it commits every hundred, the size of a page.
Exits 77 where the client is not installed.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

try:
    import basecrm
except ImportError:
    print("skipped: the package basecrm is not installed")
    sys.exit(77)


def main(binary, items):
    with tempfile.TemporaryDirectory() as folder:
        account = os.path.join(folder, "account.db")
        serve = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--rate", "0", "--items", str(items), "--account", account],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            words = serve.stdout.readline().split()
            url, token = words[2], words[4]
            theirs = python(url, token, os.path.join(folder, "python.db"))
            ours = drainboard(binary, url, token, os.path.join(folder, "mirror.db"))
        finally:
            serve.terminate()
            serve.wait()
    print(f"basecrm 1.2.9: {theirs[0]} records in {theirs[1]:.1f} s, {theirs[0] / theirs[1]:.0f} a second")
    print(f"drainboard:    {ours[0]} records in {ours[1]:.1f} s, {ours[0] / ours[1]:.0f} a second")


def python(url, token, file):
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode = wal")
    tables = set()
    count = 0

    def store(meta, data):
        nonlocal count
        table = meta["type"]
        if table not in tables:
            database.execute(f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT)')
            tables.add(table)
        database.execute(
            f'INSERT INTO "{table}" VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data',
            (data.get("id"), meta["sync"]["revision"], json.dumps(data)),
        )
        count += 1
        if count % 100 == 0:
            database.commit()
        return basecrm.Sync.ACK

    client = basecrm.Client(access_token=token, base_url=url)
    began = time.monotonic()
    basecrm.Sync(client=client, device_uuid=str(uuid.uuid4())).fetch(store)
    database.commit()
    return count, time.monotonic() - began


def drainboard(binary, url, token, file):
    began = time.monotonic()
    done = subprocess.run(
        [binary, "sync", "-q", "--json", "--rate", "0", "--base-url", url, "--mirror", file],
        env={**os.environ, "BASECRM_ACCESS_TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    summary = json.loads(done.stdout.splitlines()[-1])
    return summary["instructions"], time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
