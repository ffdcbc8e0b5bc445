"""``with_assets`` on the strict sandbox: every file of every product, against the archive's own files."""

from __future__ import annotations

import hashlib
import json

import pystac
import pytest

from phistac.errors import NotFoundError
from phistac.odata.records import burst, product
from phistac.remote.files.assets import with_assets
from phistac.stac.bursts import burst_item
from phistac.stac.items import item
from phistac.stac.service import Service
from phistac.stac.tables import to_geodataframe


@pytest.fixture
def cdse(seeded_root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root) as sandbox:
        yield sandbox


def _rows(cdse, name):
    with (cdse.root / "catalogue" / name).open() as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def items(cdse):
    """Two Items of each kind of product."""
    kinds: dict[str, list] = {}
    for row in _rows(cdse, "products.jsonl"):
        made = item(product(row), Service(cdse.settings))
        kinds.setdefault(made["collection"], []).append(made)
    kinds.pop("sentinel-1-raw")
    assert len(kinds) == 8
    return [each for kind in kinds.values() for each in kind[:2]]


def _folder(cdse, made):
    href = next(a["href"] for a in made["assets"].values() if a["href"].startswith("s3://"))
    links = [link["href"] for link in made["links"] if link["rel"] == "enclosure"]
    return cdse.root / "s3" / (links[0] if links else href).removeprefix("s3://").rstrip("/")


def test_every_file_has_an_asset_that_tells_the_truth(cdse, items):
    cdse.reset_counters()
    made = with_assets(items, settings=cdse.settings)
    counters = cdse.counters()
    assert [each["id"] for each in made] == [each["id"] for each in items]
    folders = sum(_folder(cdse, each).is_dir() for each in items)
    singles = len(items) - folders
    assert counters.refused == 0
    assert counters.peak_in_flight <= cdse.settings.connections
    # A folder: its listing and its manifest. A single file: the listing finds nothing below it, and a question for itself.
    assert counters.requests <= 2 * folders + 2 * singles
    hashed = 0
    for before, each in zip(items, made, strict=True):
        # What was named before anything was asked is there, under the same key, and has only become exact.
        for key, asset in before["assets"].items():
            kept = {name: each["assets"][key].get(name) for name in asset}
            assert kept == asset
            assert key == "thumbnail" or key.lower() == "product" or each["assets"][key]["file:size"] > 0
        folder = _folder(cdse, each)
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()} or {"": folder}
        # The quicklook of the record need not be a file of the product.
        described = {
            a["file:local_path"].partition("/")[2]: a
            for key, a in each["assets"].items()
            if key.lower() != "product" and "file:local_path" in a
        }
        assert set(described) == set(files)
        for path, asset in described.items():
            data = files[path].read_bytes()
            assert asset["file:size"] == len(data)
            checksum = asset.get("file:checksum", "")
            if path:
                name = {"d50110": "md5", "1620": "sha3_256", "": None}[
                    checksum[: 6 if checksum.startswith("d5") else 4]
                ]
                assert name is None or checksum.endswith(hashlib.new(name, data).hexdigest())
                hashed += name is not None
            assert asset["alternate"]
    assert hashed > 300


def test_items_given_as_objects_come_back_as_objects(cdse, items):
    objects = [pystac.Item.from_dict(each) for each in items[:3]]
    before = [set(each.assets) for each in objects]
    made = with_assets(pystac.ItemCollection(objects), settings=cdse.settings)
    assert all(isinstance(each, pystac.Item) for each in made)
    dicts = with_assets(to_geodataframe(items[:3]), settings=cdse.settings)
    assert [each.to_dict(include_self_link=False)["assets"] for each in made] == [each["assets"] for each in dicts]
    assert all(asset.owner is each for each in made for asset in each.assets.values())
    assert [set(each.assets) for each in objects] == before
    assert [set(each["assets"]) for each in items[:3]] == before
    assert len(with_assets(objects[0], settings=cdse.settings)) == 1
    assert with_assets([], settings=cdse.settings) == []


def test_bursts_learn_the_size_of_what_they_are_in(cdse):
    rows = _rows(cdse, "bursts.jsonl")[:6]
    bursts = [burst_item(burst(row), Service(cdse.settings)) for row in rows]
    for before, after in zip(bursts, with_assets(bursts, settings=cdse.settings), strict=True):
        assert list(after["assets"]) == list(before["assets"])
        data = after["assets"]["data"]
        file = cdse.root / "s3" / data["href"].removeprefix("s3://")
        assert data["file:size"] == file.stat().st_size
        assert data["burst:byte_offset"] + data["burst:byte_length"] <= data["file:size"]
        assert data["file:checksum"] == "d50110" + hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        assert "file:size" not in after["assets"]["on_demand"]


def test_a_product_that_is_not_there_is_named(cdse, items):
    raw = next(row for row in _rows(cdse, "products.jsonl") if "_RAW_" in row["Name"])
    with pytest.raises(NotFoundError, match="_RAW_"):
        with_assets([*items[:2], item(product(raw), Service(cdse.settings))], settings=cdse.settings)


def test_from_a_search_to_a_file_and_back(cdse, tmp_path):
    """As a user types it: search, one version of each, every file, a table on disk, the Items again."""
    import phistac

    catalog = phistac.connect()
    found = list(catalog.search(collections=["sentinel-1-grd", "sentinel-1-grd-safe"], datetime="2025-05").items())
    kept = phistac.latest(found)
    assert 0 < len(kept) < len(found)
    exact = phistac.with_assets(kept)
    assert [each.id for each in exact] == [each.id for each in kept]
    assert exact[0].get_root() is catalog
    assert all("file:size" in asset.extra_fields for each in exact for key, asset in each.assets.items() if key == "vv")
    phistac.to_geoparquet(exact, tmp_path / "items.parquet")
    back = phistac.from_geoparquet(tmp_path / "items.parquet")
    assert back == [each.to_dict(include_self_link=False, transform_hrefs=False) for each in exact]
    catalog._stac_io.close()
