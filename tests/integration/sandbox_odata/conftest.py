"""The catalogue over HTTP on real records, one real product and a burst of a few made-up samples."""

from __future__ import annotations

import json
import threading
import time
import uuid
from types import SimpleNamespace

import pytest
import requests
import uvicorn
from starlette.applications import Starlette

from phistac.sandbox.accounts import Accounts
from phistac.sandbox.config import SandboxConfig
from phistac.sandbox.odata import Store, routes

OLCI = "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"
OLCI_ID = "00000000-0000-4000-8000-000000000001"
BURST_ID = "46577370-83b3-4410-89de-09b4bb23e5dd"
PASSWORD = "secret word & more"
QUICKLOOK_ID = "d30d5104-2d31-4522-a7e8-581f4a264b1a"


def real_products(folder):
    """Return the real rows, the most complete of each Id."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        answer = json.loads(path.read_text())
        for row in answer.get("value", [answer]):
            row.pop("@odata.context", None)
            if "Id" in row and len(row) >= len(found.get(row["Id"], {})):
                found[row["Id"]] = row
    return found


def olci_row():
    path = f"/eodata/Sentinel-3/OLCI/OL_1_EFR___/2023/03/11/{OLCI}"
    moment = "2023-03-11T21:49:26.000000Z"
    dates = dict.fromkeys(("OriginDate", "PublicationDate", "ModificationDate"), moment)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": OLCI_ID,
        "Name": OLCI,
        "ContentType": "application/octet-stream",
        "ContentLength": 0,
        **dates,
        "Online": True,
        "EvictionDate": "",
        "S3Path": path,
        "Checksum": [],
        "ContentDate": {"Start": moment, "End": moment},
        "Footprint": None,
        "GeoFootprint": None,
        "Locations": [{"FormatType": "Extracted", "S3Path": path}],
    }


def fill(root, real_data):
    """Lay the real records, one real tree, one made-up burst measurement and one quicklook under a root."""
    products = real_products(real_data / "cdse/odata_products")
    products[OLCI_ID] = olci_row()
    burst = json.loads((real_data / "cdse/odata_bursts/docs_burst_15805_IW1_VH_entity.json").read_text())
    burst.pop("@odata.context")
    small = {**burst, "ByteOffset": 8, "SamplesPerBurst": 4, "LinesPerBurst": 2, "Lines": 0}
    catalogue = root / "catalogue"
    catalogue.mkdir()
    deleted = {**products[OLCI_ID], "Id": str(uuid.uuid4()), "DeletionDate": "2024-01-01T00:00:00Z"}
    for table, rows in (
        ("products", products.values()),
        ("bursts", [small]),
        ("deleted", [{**deleted, "DeletionCause": "Corrupted product"}]),
        ("quicklooks", [{"Id": QUICKLOOK_ID, "Path": "quicklook.jpg"}]),
    ):
        (catalogue / f"{table}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "quicklook.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    tree = root / "s3" / products[OLCI_ID]["S3Path"].lstrip("/")
    tree.parent.mkdir(parents=True)
    tree.symlink_to(real_data / "safe/sentinel-3" / OLCI)
    measurement = root / "s3" / burst["S3Path"].lstrip("/")
    measurement.parent.mkdir(parents=True)
    measurement.write_bytes(b"II*\0\0\0\0\0" + bytes(range(32)))
    return products


class Served:
    """A running catalogue, and how tests talk to it."""

    olci, olci_id, burst_id, quicklook_id = OLCI, OLCI_ID, BURST_ID, QUICKLOOK_ID
    olci_row = staticmethod(olci_row)

    def __init__(self, url, http, products, clock):
        self.url, self.http, self.products, self.clock = url, http, products, clock

    def get(self, path, status=200, **options):
        answer = self.http.get(f"{self.url}/odata/v1/{path}", params={f"${k}": v for k, v in options.items()})
        assert answer.status_code == status, answer.text
        return answer.json()

    def token(self, **more):
        form = {"client_id": "cdse-public", "grant_type": "password", "username": "me", "password": PASSWORD}
        return self.http.post(f"{self.url}/auth/realms/CDSE/protocol/openid-connect/token", data={**form, **more})

    def bearer(self):
        return {"Authorization": f"Bearer {self.token().json()['access_token']}"}


@pytest.fixture(scope="module")
def served(tmp_path_factory, real_data):
    root = tmp_path_factory.mktemp("archive")
    products = fill(root, real_data)
    config = SandboxConfig(username="me", password=PASSWORD, token_lifetime_s=600)
    clock = SimpleNamespace(now=time.time())
    accounts, store = Accounts(config, clock=lambda: clock.now), Store(root / "catalogue")
    app = Starlette(routes=routes(root, accounts, config, store=store))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with requests.Session() as session:
        yield Served(f"http://127.0.0.1:{port}", session, products, clock)
    server.should_exit = True
    thread.join()
    store.close()
