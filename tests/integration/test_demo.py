"""The main job, once through, on the seeded archive in full size and on real records and products."""

from __future__ import annotations

import hashlib
import json
import re

import geopandas as gpd
import pystac
import pytest
from lxml import etree

import phistac
from phistac.demo import run
from phistac.sandbox import Sandbox

OLCI = "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003"
SLC = "S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7"


@pytest.fixture(scope="module")
def full_root(tmp_path_factory):
    return tmp_path_factory.mktemp("full") / "archive"


def _found(pattern, lines):
    return next(found for line in lines if (found := re.search(pattern, line)))


def _nothing_too_many(lines):
    sockets, requests = map(int, _found(r"at most (\d+) sockets and (\d+) requests", lines).groups())
    assert 1 <= sockets <= 4
    assert 1 <= requests <= 4
    assert _found(r"(\d+) requests refused", lines)[1] == "0"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_on_the_seeded_archive(full_root, tmp_path):
    lines = []
    run(tmp_path / "out", root=full_root, say=lines.append)
    assert float(_found(r"MB asked, ([\d.]+) times that moved", lines)[1]) <= 1.01
    _nothing_too_many(lines)
    assert "0.00 MB in 0 requests" in _found(r"again: .*", lines)[0]
    items = pystac.ItemCollection.from_file(str(tmp_path / "out" / "items.json"))
    assert len({item.collection_id for item in items}) >= 5
    assert len(gpd.read_parquet(tmp_path / "out" / "items.parquet")) == len(items)
    assert (tmp_path / "out" / "timeline.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_burst_of_full_size_moves_its_bytes_once_in_one_range_per_connection(full_root):
    with Sandbox(root=full_root, size="full", strict=True, count="both") as cdse:
        (found,) = [
            row
            for row in map(json.loads, (full_root / "catalogue" / "bursts.jsonl").read_text().splitlines())
            if row["LinesPerBurst"] > 1000
            and (row["SwathIdentifier"], row["PolarisationChannels"]) == ("IW2", "VV")
            and row["Lines"] == 4 * row["LinesPerBurst"]
        ]
        (item,) = phistac.connect().search(ids=[found["Name"]]).items()
        burst = phistac.open(item, group="IW2/VV/4")
        cdse.reset_counters()
        pixels = burst["measurement"].load()
        seen = cdse.counters(path="/eodata/")
        asked = 4 * found["LinesPerBurst"] * found["SamplesPerBurst"]
        assert asked > 150_000_000
        assert asked <= seen.bytes_sent <= 1.01 * asked
        assert (seen.requests, seen.by_status, seen.refused) == (4, {206: 4}, 0)
        assert seen.peak_in_flight == 4
        assert abs(pixels.values).max() > 0


def test_on_real_records_and_products(real_data, tmp_path):
    lines = []
    run(tmp_path, data=real_data, say=lines.append)
    text = "\n".join(lines)
    assert f"Read lazily: {SLC}" in text
    assert "/IW2/VV/measurement     9 bursts" in text
    assert f"Read lazily: {OLCI}" in text
    assert "Oa08_radiance {'rows': 3, 'columns': 4865}" in text
    _nothing_too_many(lines)
    ids = {item["id"] for item in json.loads((tmp_path / "items.json").read_text())["features"]}
    assert {SLC, OLCI} <= ids
    assert re.search(r"sentinel-1-grd-safe +\d+ acquisitions from", text)
    assert _whole_by_its_own_manifest(tmp_path / f"{OLCI}.SEN3") == 50


def _whole_by_its_own_manifest(folder):
    objects = etree.parse(folder / "xfdumanifest.xml").iterfind(".//dataObject")
    count = 0
    for node in objects:
        stream = node.find("byteStream")
        data = (folder / stream.find("fileLocation").get("href")).read_bytes()
        assert len(data) == int(stream.get("size"))
        assert hashlib.md5(data).hexdigest() == stream.find("checksum").text.lower()
        count += 1
    return count
