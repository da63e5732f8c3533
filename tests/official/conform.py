"""The official Python client (PyPI basecrm 1.2.9, unmodified), as a command for `drainboard serve --conformance`.

    python3 -m venv /tmp/basecrm && /tmp/basecrm/bin/pip install basecrm==1.2.9
    drainboard serve --conformance -- /tmp/basecrm/bin/python tests/official/conform.py

One synchronization as the client's documentation shows it; the service and the token come from the environment.
"""

import os
import uuid

import basecrm

client = basecrm.Client(
    access_token=os.environ["BASECRM_ACCESS_TOKEN"], base_url=os.environ["DRAINBOARD_BASE_URL"]
)
basecrm.Sync(client=client, device_uuid=str(uuid.uuid4())).fetch(lambda meta, data: basecrm.Sync.ACK)
