"""A catalogue of 60,000 products, small but of the real shape, and a way to move it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from phistac.odata.times import text

COUNT, TIED, TIED_TWICE = 60_000, 12_500, 11_200
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_TIE = _EPOCH + timedelta(days=120)
_BANDS = "ABCDEFGHJK"


def product(number, *, start, published, modified=None):
    """Return a row of ``Products`` in the shape of the recorded ones."""
    tile = f"{number % 60 + 1:02d}{_BANDS[number // 60 % 10]}{_BANDS[number // 600 % 10]}{_BANDS[number // 6000 % 10]}"
    name = f"S2A_MSIL2A_{start:%Y%m%dT%H%M%S}_N0511_R022_T{tile}_{published:%Y%m%dT%H%M}{number % 60:02d}.SAFE"
    place = f"/eodata/Sentinel-2/MSI/L2A/{start:%Y/%m/%d}/{name}"
    west, south = number % 358 - 179.0, number // 358 % 160 - 80.0
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    points = ", ".join(f"{x} {y}" for x, y in ring)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}/{name}")),
        "Name": name,
        "ContentType": "application/octet-stream",
        "ContentLength": 700_000_000 + number,
        "OriginDate": text(published),
        "PublicationDate": text(published),
        "ModificationDate": text(modified or published),
        "Online": True,
        "EvictionDate": "9999-12-31T23:59:59.999999Z",
        "S3Path": place,
        "Checksum": [],
        "ContentDate": {"Start": text(start), "End": text(start)},
        "Footprint": f"geography'SRID=4326;POLYGON (({points}))'",
        "GeoFootprint": {"type": "Polygon", "coordinates": [ring]},
        "Attributes": [
            {"@odata.type": f"#OData.CSC.{kind}Attribute", "Name": key, "Value": value, "ValueType": kind}
            for key, kind, value in (
                ("productType", "String", "S2MSI2A"),
                ("cloudCover", "Double", number % 100 + 0.5),
                ("tileId", "String", tile),
            )
        ],
        "Assets": [],
        "Locations": [],
    }


def start_of(number):
    """Return when a product begins: 12,500 of them at once, two at a time before and after."""
    if 20_000 <= number < 20_000 + TIED:
        return _TIE
    return _EPOCH + timedelta(minutes=5 * (number // 2)) + timedelta(days=121 * (number > 20_000))


def published_of(number):
    """Return when a product was published: 11,200 of those that begin at once, at once too."""
    if 20_000 <= number < 20_000 + TIED_TWICE:
        return _TIE + timedelta(hours=3)
    return start_of(number) + timedelta(hours=3, seconds=number % 977)


def archive(root, rows):
    """Make an archive of these products, to be served by ``Sandbox(root=root, seed=60_000)``."""
    from phistac.sandbox.config import SandboxConfig
    from phistac.sandbox.content import prepare

    def make(folder):
        (folder / "catalogue").mkdir()
        with (folder / "catalogue" / "products.jsonl").open("w") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in rows)

    prepare(root, SandboxConfig(seed=COUNT), make=make)
    return root


@pytest.fixture(scope="session")
def rows_of():
    """What makes a row: ``rows_of(number, start=..., published=...)``."""
    return product


@pytest.fixture(scope="session")
def archive_of():
    """What makes an archive of rows: ``archive_of(folder, rows)``."""
    return archive


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A strict sandbox with 60,000 products, and the Ids that are in it."""
    from phistac.sandbox import Sandbox

    rows = [product(number, start=start_of(number), published=published_of(number)) for number in range(COUNT)]
    root = archive(tmp_path_factory.mktemp("many") / "archive", rows)
    with Sandbox(root=root, seed=COUNT) as sandbox:
        yield sandbox, {row["Id"]: row for row in rows}
