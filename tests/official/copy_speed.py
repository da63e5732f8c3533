"""How fast the official clients (unmodified) copy an account into SQLite, beside drainboard.

Not part of `cargo test`: it needs Python and PyPI; Ruby's and PHP's clients are timed too where their folders are named
(what else they need stands in copy_speed.rb and copy_speed.php). From the repository's root:

    python3 -m venv /tmp/basecrm && /tmp/basecrm/bin/pip install basecrm==1.2.9
    git clone https://github.com/zendesk/basecrm-ruby /tmp/basecrm-ruby
    git clone https://github.com/zendesk/basecrm-php /tmp/basecrm-php
    cargo build --release && /tmp/basecrm/bin/python tests/official/copy_speed.py target/release/drainboard 20000 \
        /tmp/basecrm-ruby /tmp/basecrm-php

All take the same account from one service of their own, without a limit of requests. The clients' programs do what their
documentation shows: an upsert in the callback of each record; they commit every hundred, the size of a page.
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


def main(binary, items, ruby, php):
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
            say("basecrm 1.2.9 (Python)", python(url, token, os.path.join(folder, "python.db")))
            here = os.path.dirname(__file__)
            if ruby:
                command = ["ruby", "-I", os.path.join(ruby, "lib"), os.path.join(here, "copy_speed.rb")]
                say("basecrm-ruby", other(command, url, token, os.path.join(folder, "ruby.db")))
            if php:
                command = ["php", os.path.join(here, "copy_speed.php"), php]
                say("basecrm-php", other(command, url, token, os.path.join(folder, "php.db")))
            say("drainboard", drainboard(binary, url, token, os.path.join(folder, "mirror.db")))
        finally:
            serve.terminate()
            serve.wait()


def say(who, measured):
    count, seconds = measured
    print(f"{who}: {count} records in {seconds:.1f} s, {count / seconds:.0f} a second")


def other(command, url, token, file):
    done = subprocess.run([*command, url, token, file], stdout=subprocess.PIPE, text=True, check=True)
    count, seconds = done.stdout.split()
    return int(count), float(seconds)


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
    binary, items, ruby, php = [*sys.argv[1:], *[None] * 3][:4]
    main(binary, int(items or 20_000), ruby, php)
