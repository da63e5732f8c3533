"""The official Python client (PyPI basecrm 1.2.9, unmodified) against `drainboard serve`.

Not part of `cargo test`: it needs Python and PyPI. From the repository's root:

    python3 -m venv /tmp/basecrm && /tmp/basecrm/bin/pip install basecrm==1.2.9
    /tmp/basecrm/bin/python tests/official/full_sync.py target/release/drainboard

It starts a service of its own on a free port, synchronizes twice with one device and checks that the first run brings
every record exactly once and that the second one starts with 204. Exits 0, and 77 where the client is not installed.
"""

import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter

try:
    import basecrm
except ImportError:
    print("skipped: the package basecrm is not installed")
    sys.exit(77)


def main(binary, items):
    serve = subprocess.Popen(
        [binary, "serve", "--listen", "127.0.0.1:0", "--items", str(items)], stdout=subprocess.PIPE, text=True
    )
    try:
        words = serve.stdout.readline().split()
        url, token = words[2], words[4]
        check(url, token)
    finally:
        serve.terminate()
        serve.wait()


def check(url, token):
    client = basecrm.Client(access_token=token, base_url=url)
    device = str(uuid.uuid4())
    seen = Counter()
    began = time.monotonic()

    def store(meta, data):
        seen[meta["type"]] += 1
        return basecrm.Sync.ACK

    basecrm.Sync(client=client, device_uuid=device).fetch(store)
    took = time.monotonic() - began
    with urllib.request.urlopen(url + "/emulator/status") as answer:
        account = {kind: count for kind, count in json.load(answer)["counts"].items() if count}
    assert dict(seen) == account, (seen, account)
    assert client.sync.start(device) is None, "the second start is not 204"
    total = sum(seen.values())
    print(f"{total} records of {len(seen)} types in {took:.1f} s ({total / took:.0f} a second), then 204")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 12_000)
