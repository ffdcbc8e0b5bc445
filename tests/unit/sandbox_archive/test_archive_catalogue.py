"""The catalogue of the seeded archive: rows as the service has them, sizes and checksums as the files have them."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
import shapely
from lxml import etree

from phistac.sandbox.archive import build
from phistac.sandbox.archive.times import parse


def _real_rows(real_data, file):
    content = json.loads((real_data / "cdse" / "odata_products" / file).read_text())
    return content.get("value", [content])


def _names(row):
    return [(a["Name"], a["@odata.type"], a["ValueType"]) for a in row["Attributes"]]


@pytest.mark.parametrize(
    ("ours", "file", "part"),
    [
        ("_SLC__1SDV", "s1_slc2_grd2_cog1_2025-08-28_attributes.json", "_SLC__1SDV"),
        ("A_IW_GRDH", "s1_slc2_grd2_cog1_2025-08-28_attributes.json", "FC4D.SAFE"),
        ("_COG.SAFE", "s1_slc2_grd2_cog1_2025-08-28_attributes.json", "_COG.SAFE"),
        ("_MSIL1C_", "s2_l1c_2_expand_attributes_assets.json", "_MSIL1C_"),
        ("_OL_1_EFR_", "s3_olci_efr_filtered_yesterday_2024-04.json", "_OL_1_EFR_"),
        ("_AUX_CAL_", "s1_aux_page1_of5_2014-04.json", "_AUX_PP1_"),
    ],
)
def test_attributes_have_the_names_types_and_order_of_real_rows(small, real_data, ours, file, part):
    real = next(row for row in _real_rows(real_data, file) if part in row["Name"])
    mine = _names(small.of(ours)[0])
    theirs = [a for a in _names(real) if a[0] != "instrumentConfigurationID" or ours != "_AUX_CAL_"]
    assert mine == theirs


def test_rows_have_the_keys_of_real_rows(small, real_data):
    real = _real_rows(real_data, "s1_grd_20_expand_all_2026-01.json")[0]
    for row in small.products:
        assert set(row) == set(real)
        assert set(row["ContentDate"]) == {"Start", "End"}
        for asset in row["Assets"]:
            assert set(asset) == set(real["Assets"][0])
        for location in row["Locations"]:
            assert set(location) == set(next(e for e in real["Locations"] if e["FormatType"] == "Extracted"))


def test_burst_rows_have_the_keys_and_types_of_a_real_row(small, real_data):
    file = real_data / "cdse" / "odata_bursts" / "docs_burst_15805_IW1_VH_entity.json"
    real = json.loads(file.read_text())
    real.pop("@odata.context")
    for burst in small.bursts:
        assert list(burst) == list(real)
        assert [type(v) for v in burst.values()] == [type(v) for v in real.values()]
    name = re.compile(r"S1[AC]-SLC-\d{8}T\d{6}-\d+-IW[123]-V[VH]-\d+")
    assert all(name.fullmatch(burst["Name"]) for burst in small.bursts)


def test_ids_are_unique_and_parents_exist(small):
    assert len({row["Id"] for row in small.products}) == len(small.products)
    assert len({row["Name"] for row in small.products}) == len(small.products)
    assert len({row["Id"] for row in small.bursts}) == len(small.bursts)
    parents = {row["Id"]: row for row in small.products}
    for burst in small.bursts:
        assert parents[burst["ParentProductId"]]["Name"] == burst["ParentProductName"]
        assert burst["S3Path"].startswith(parents[burst["ParentProductId"]]["S3Path"] + "/measurement/")


def _objects(manifest):
    root = etree.parse(manifest).getroot()
    for stream in root.findall(".//byteStream"):
        path = stream.find("fileLocation").get("href").removeprefix("./")
        checksum = stream.find("checksum")
        yield path, int(stream.get("size")), checksum.get("checksumName"), checksum.text


def test_manifests_list_objects_with_true_sizes_and_checksums(small):
    seen = set()
    for row in small.products:
        kind = re.split(r"_\d{8}T", row["Name"])[0]
        folder = small.folder(row)
        manifest = next((folder / m for m in ("manifest.safe", "xfdumanifest.xml") if (folder / m).is_file()), None)
        if manifest is None or kind in seen:
            continue
        seen.add(kind)
        listed = list(_objects(manifest))
        assert len({path for path, *_ in listed}) == len(listed)
        for path, size, algorithm, checksum in listed:
            data = (folder / path).read_bytes()
            assert len(data) == size
            assert hashlib.new(algorithm.lower().replace("-", "_"), data).hexdigest() == checksum
        assert {a for *_, a, _ in listed} == {"SHA3-256" if kind.startswith("S2") else "MD5"}
        if kind.startswith("S3"):
            assert len(listed) == 50
    assert len(seen) >= 8


def test_content_length_is_what_the_object_store_holds(small):
    for row in small.products:
        place = small.folder(row)
        files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
        assert bool(files) == row["Online"]
        if files:
            assert sum(file.stat().st_size for file in files) == row["ContentLength"]


def test_checksums_are_true_or_absent(small):
    stated = [row for row in small.products if row["Checksum"]]
    assert stated
    for row in stated:
        md5 = hashlib.md5(small.folder(row).read_bytes()).hexdigest()
        assert row["Checksum"][0]["Value"] == md5


def test_one_product_is_offline_and_auxiliary_products_have_no_footprint(small):
    assert [row["Name"][4:14] for row in small.products if not row["Online"]] == ["IW_RAW__0S"]
    for row in small.products:
        auxiliary = "_AUX_" in row["Name"]
        assert (row["Footprint"] is None) == (row["GeoFootprint"] is None) == auxiliary
        if not auxiliary:
            shape = shapely.geometry.shape(row["GeoFootprint"])
            assert shape.is_valid
            wkt = re.fullmatch(r"geography'SRID=4326;(.+)'", row["Footprint"])[1]
            assert shapely.from_wkt(wkt).equals_exact(shape, 1e-9)


def test_quicklooks_are_pictures_of_listed_assets(small):
    assets = {asset["Id"] for row in small.products for asset in row["Assets"]}
    assert {entry["Id"] for entry in small.quicklooks} == assets
    for entry in small.quicklooks:
        assert (small.root / entry["Path"]).read_bytes()[:4] in {b"\x89PNG", b"\xff\xd8\xff\xe0"}


def test_deleted_products_are_no_longer_listed(small):
    names = {row["Name"] for row in small.products}
    assert small.deleted
    for row in small.deleted:
        assert row["Name"] not in names
        assert row["DeletionCause"]
        parse(row["DeletionDate"])


def test_the_archive_is_small(small):
    size = sum(path.stat().st_size for path in small.root.rglob("*") if path.is_file())
    assert size < 150e6


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    def fingerprint(root):
        return {
            path.relative_to(root).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
            for path in root.rglob("*")
            if path.is_file()
        }

    told = []
    build(tmp_path / "again", progress=told.append)
    assert fingerprint(tmp_path / "again") == fingerprint(small.root)
    assert any("Sentinel-2" in words for words in told)
