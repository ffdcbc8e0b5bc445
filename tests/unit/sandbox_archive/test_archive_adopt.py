"""Serving a folder of somebody: rows and products found, rows derived, nothing copied or changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import h5py
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import FormatError, NotFoundError
from phistac.sandbox.archive import adopt
from phistac.sandbox.archive.adopt_xml import rings

SLC = "S1A_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE"
EFR = "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"


def _rows(root, name):
    return [json.loads(line) for line in (root / "catalogue" / f"{name}.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def adopted(real_data, tmp_path_factory):
    root, told = tmp_path_factory.mktemp("adopted"), []
    adopt(root, real_data, progress=told.append)
    return root, told


def test_real_olci_product_is_served_whole(adopted, real_data):
    root, _ = adopted
    row = next(row for row in _rows(root, "products") if row["Name"] == EFR)
    assert row["S3Path"] == f"/eodata/Sentinel-3/OLCI/OL_1_EFR___/2023/03/11/{EFR}"
    folder = root / "s3" / row["S3Path"].lstrip("/")
    files = {path.name: path for path in folder.iterdir()}
    assert len(files) == 51  # 50 objects and the manifest that lists them
    source = real_data / "safe" / "sentinel-3" / EFR
    for name, path in files.items():
        assert path.is_symlink()
        assert path.resolve() == (source / name).resolve()
    values = {a["Name"]: a["Value"] for a in row["Attributes"]}
    assert (values["orbitNumber"], values["relativeOrbitNumber"], values["cycleNumber"]) == (25397, 100, 77)
    assert (values["processorName"], values["processorVersion"], values["timeliness"]) == ("PUG", "03.45", "NT")
    assert row["ContentDate"]["Start"] == "2023-03-11T21:49:26.174111Z"


def test_real_slc_has_its_54_bursts(adopted):
    root, _ = adopted
    row = next(row for row in _rows(root, "products") if row["Name"] == SLC)
    bursts = [b for b in _rows(root, "bursts") if b["ParentProductName"] == SLC]
    assert Counter((b["SwathIdentifier"], b["PolarisationChannels"]) for b in bursts) == {
        (swath, polarization): 9 for swath in ("IW1", "IW2", "IW3") for polarization in ("VV", "VH")
    }
    for burst in bursts:
        lines = {"IW1": 13518, "IW2": 13617, "IW3": 13662}[burst["SwathIdentifier"]]
        header = burst["ByteOffset"] - 4 * burst["Lines"] * burst["SamplesPerBurst"]
        assert header == 8 * lines + 315
        assert burst["ParentProductId"] == row["Id"]
        assert shapely.geometry.shape(burst["GeoFootprint"]).is_valid
    first = min(bursts, key=lambda b: (b["SwathIdentifier"], b["Lines"]))
    assert first["Name"].startswith("S1A-SLC-20250406T022010-230132-IW1-")
    assert first["AbsoluteBurstId"] == 125931166


def test_derived_rows_have_the_attributes_of_real_rows(adopted, real_data):
    root, _ = adopted
    file = real_data / "cdse" / "odata_products" / "s1_slc2_grd2_cog1_2025-08-28_attributes.json"
    real = next(r for r in json.loads(file.read_text())["value"] if "_SLC__" in r["Name"])
    ours = next(row for row in _rows(root, "products") if row["Name"] == SLC)
    key = [(a["Name"], a["ValueType"]) for a in real["Attributes"]]
    assert sorted((a["Name"], a["ValueType"]) for a in ours["Attributes"]) == sorted(key)
    assert {k: type(v) for k, v in ours.items()}.keys() >= real.keys()


def test_a_burst_id_is_computed_where_the_annotation_has_none(adopted):
    bursts = [b for b in _rows(adopted[0], "bursts") if "_EFA4" in b["ParentProductName"]]
    assert {b["PlatformSerialIdentifier"] for b in bursts} == {"B"}
    for swath, polarization in {(b["SwathIdentifier"], b["PolarisationChannels"]) for b in bursts}:
        numbers = [
            b["BurstId"] for b in bursts if (b["SwathIdentifier"], b["PolarisationChannels"]) == (swath, polarization)
        ]
        assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))


def test_other_real_products_are_found_and_rows_without_a_product_are_kept(adopted, real_data):
    root, told = adopted
    rows = {row["Name"]: row for row in _rows(root, "products")}
    trees = [p for p in (real_data / "safe").rglob("*") if p.suffix in {".SAFE", ".SEN3"} and p.is_dir()]
    assert {tree.name for tree in trees} <= set(rows)
    assert sum(name.startswith("S5P_") for name in rows) == 2
    recorded = "S1A_IW_SLC__1SDV_20250828T055900_20250828T055927_060732_078EF5_EA66.SAFE"
    assert rows[recorded]["ContentLength"] == 8225072450
    assert not (root / "s3" / rows[recorded]["S3Path"].lstrip("/")).exists()
    assert any("incomplete" in words for words in told)
    for row in rows.values():
        if row["GeoFootprint"]:
            assert shapely.geometry.shape(row["GeoFootprint"]).is_valid
    crossing = next(row for name, row in rows.items() if "T01KAB" in name)
    assert crossing["GeoFootprint"]["type"] == "MultiPolygon"


def test_real_rows_pass_unchanged(adopted, real_data):
    file = real_data / "cdse" / "odata_products" / "s1_grd_20_expand_all_2026-01.json"
    ours = {row["Name"]: row for row in _rows(adopted[0], "products")}
    for real in json.loads(file.read_text())["value"]:
        assert ours[real["Name"]] == real


def test_an_archive_can_be_adopted_and_says_the_same(small, tmp_path):
    data = tmp_path / "data"
    chosen = [small.of("_SLC__1SDV")[0], small.of("_MSIL2A_")[0], small.of("_OL_1_EFR_")[0], small.of("S5P_")[0]]
    data.mkdir()
    for row in chosen:
        (data / row["Name"]).symlink_to(small.folder(row))
    adopt(tmp_path / "out", data)
    ours = {row["Name"]: row for row in _rows(tmp_path / "out", "products")}
    for row in chosen:
        derived = ours[row["Name"]]
        assert derived["S3Path"] == row["S3Path"]
        assert derived["ContentDate"] == row["ContentDate"]
        wanted = shapely.geometry.shape(row["GeoFootprint"])
        assert shapely.geometry.shape(derived["GeoFootprint"]).symmetric_difference(wanted).area < 1e-3
        values = {a["Name"]: a["Value"] for a in row["Attributes"]}
        for attribute in derived["Attributes"]:
            if attribute["Name"] in {"orbitNumber", "relativeOrbitNumber", "cycleNumber", "cloudCover", "productType"}:
                assert attribute["Value"] == values[attribute["Name"]]
    made = {b["Name"]: b for b in small.bursts if b["ParentProductName"] == chosen[0]["Name"]}
    derived = {b["Name"]: b for b in _rows(tmp_path / "out", "bursts")}
    assert derived.keys() == made.keys()
    for name, burst in derived.items():
        for key in burst.keys() - {"Id", "Footprint", "GeoFootprint", "ParentProductId", "AzimuthAnxTime"}:
            assert burst[key] == made[name][key], (name, key)
        hexagons = [b["GeoFootprint"]["coordinates"][0] for b in (burst, made[name])]
        np.testing.assert_allclose(*hexagons, atol=2e-5)


def _json(folder, name, content):
    (folder / name).write_text(json.dumps(content))


def test_the_richest_row_of_a_name_wins_and_incomplete_ones_are_counted(tmp_path):
    data, told = tmp_path / "data", []
    data.mkdir()
    row = {
        "Id": "1",
        "Name": "X.SAFE",
        "S3Path": "/eodata/X.SAFE",
        "ContentDate": {"Start": "2025-01-01", "End": "2025-01-02"},
    }
    rich = row | {"Attributes": [{"Name": "a"}], "Footprint": "geography'SRID=4326;POINT (1 2)'", "@odata.context": "c"}
    _json(data, "a.json", {"value": [row, {"Id": "2", "ContentDate": {}}, row | {"S3Path": "/eodata/X..."}]})
    _json(data, "b.json", rich)
    _json(data, "c.json", {"value": 1})
    _json(data, "d.json", [1, 2])
    (data / "e.json").write_text("not json")
    adopt(tmp_path / "out", data, progress=told.append)
    (kept,) = _rows(tmp_path / "out", "products")
    assert kept["Attributes"] == [{"Name": "a"}]
    assert kept["GeoFootprint"] == {"type": "Point", "coordinates": [1.0, 2.0]}
    assert "@odata.context" not in kept
    assert "2 catalogue rows left out: incomplete" in told


def test_a_folder_with_a_row_is_served_under_the_path_of_its_row(small, tmp_path):
    data = tmp_path / "data"
    row = small.of("_MSIL1C_")[0]
    data.mkdir()
    (data / row["Name"]).symlink_to(small.folder(row))
    moved = row | {"S3Path": f"/eodata/Somewhere/else/{row['Name']}"}
    _json(data, "row.json", moved)
    before = {p: hashlib.md5(p.read_bytes()).hexdigest() for p in small.folder(row).rglob("*") if p.is_file()}
    adopt(tmp_path / "out", data)
    assert _rows(tmp_path / "out", "products") == [moved]
    assert (tmp_path / "out" / "s3" / "eodata" / "Somewhere" / "else" / row["Name"] / "manifest.safe").is_file()
    assert before == {p: hashlib.md5(p.read_bytes()).hexdigest() for p in small.folder(row).rglob("*") if p.is_file()}


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="no folder"):
        adopt(tmp_path / "out", tmp_path / "nowhere")
    broken = tmp_path / "data" / SLC
    broken.mkdir(parents=True)
    told = []
    adopt(tmp_path / "one", tmp_path / "data", progress=told.append)
    assert any("no manifest.safe" in words for words in told)
    (broken / "manifest.safe").write_text("<a>")
    with pytest.raises(FormatError, match="is not XML"):
        adopt(tmp_path / "two", tmp_path / "data")
    (broken / "manifest.safe").unlink()
    broken.rmdir()
    wrong = tmp_path / "data" / "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_01_010302_20200306T053815.nc"
    wrong.write_bytes(b"nothing")
    with pytest.raises(FormatError, match="is not netCDF"):
        adopt(tmp_path / "three", tmp_path / "data")
    with h5py.File(wrong, "w"):
        pass
    adopt(tmp_path / "four", tmp_path / "data")
    assert _rows(tmp_path / "four", "products")[0]["GeoFootprint"] is None


def test_an_outline_across_the_antimeridian_is_cut_there():
    parts = rings([(179, -10), (-179, -10), (-179, 10), (179, 10)])
    shapes = [shapely.Polygon(part) for part in parts]
    assert len(shapes) == 2
    assert sum(shape.area for shape in shapes) == pytest.approx(40)
    assert {shape.bounds[0] for shape in shapes} == {-180, 179}


@given(st.floats(-170, 160), st.floats(-80, 70), st.floats(0.1, 10))
def test_an_outline_that_crosses_nothing_is_left_alone(west, south, size):
    ring = [(west, south), (west + size, south), (west + size, south + size), (west, south)]
    assert rings(ring) == rings(ring[:-1]) == [ring]


def test_a_line_is_no_outline():
    assert rings([(1, 2), (3, 4), (1, 2)]) == []
