"""Small catalogues for the tests of the sandbox's OData."""

from __future__ import annotations

import json
import uuid

import pytest

from phistac.sandbox.odata.store import Store


def box(west, south, east, north):
    """Return a GeoJSON rectangle."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def product_row(number, *, start="2024-01-01T00:00:00.000000Z", area=None, attributes=(), **fields):
    """Return a Products row in the service's shape."""
    name = fields.pop("Name", f"S1A_IW_SLC__1SDV_{number:06d}.SAFE")
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": str(uuid.UUID(int=number + (1 << 64))),
        "Name": name,
        "ContentType": "application/octet-stream",
        "ContentLength": 100 + number,
        "OriginDate": start,
        "PublicationDate": start,
        "ModificationDate": start,
        "Online": True,
        "EvictionDate": "9999-12-31T23:59:59.999999Z",
        "S3Path": f"/eodata/Sentinel-1/SAR/IW_SLC__1S/2024/01/01/{name}",
        "Checksum": [],
        "ContentDate": {"Start": start, "End": start},
        "Footprint": None,
        "GeoFootprint": area,
        "Attributes": [
            {"@odata.type": f"#OData.CSC.{kind}Attribute", "Name": name, "Value": value, "ValueType": kind}
            for name, kind, value in attributes
        ],
        "Assets": [],
        "Locations": [],
        **fields,
    }


def write(folder, **tables):
    """Write JSON lines; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        (folder / f"{table}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture
def rows():
    """The factory of Products rows."""
    return product_row


@pytest.fixture
def rectangle():
    return box


@pytest.fixture
def lines():
    """The writer of JSON lines."""
    return write


@pytest.fixture
def open_store(tmp_path):
    """Open a store over rows; closed at the end of the test."""
    opened = []

    def opener(**tables):
        store = Store(write(tmp_path / f"catalogue{len(opened)}", **tables))
        opened.append(store)
        return store

    yield opener
    for store in opened:
        store.close()
