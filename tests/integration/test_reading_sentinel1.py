"""Sentinel-1 products of every mode and age: all of them open, late, and loudly where something is wrong."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
from lxml import etree

from phistac.errors import FormatError, NotFoundError
from phistac.sandbox import Sandbox, archive

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = ("93A7", "EFA4", "8152", "6001", "ECC8", "0000", "D542")
BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.fixture(scope="module")
def folder(real_data):
    def find(name: str) -> Path:
        (found,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE")
        return found

    return find


@pytest.fixture
def copied(folder, tmp_path):
    """A real product of one image, to be damaged: name and the beginning of its files' names."""

    def copy(name: str, prefix: str) -> Path:
        real, made = folder(name), tmp_path / folder(name).name
        for path in (real / "manifest.safe", *real.glob(f"annotation/**/*{prefix}*.xml")):
            (made / path.relative_to(real)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made / path.relative_to(real))
        return made

    return copy


def true_sizes(folder: Path) -> None:
    tree = etree.parse(folder / "manifest.safe")
    for stream in tree.iter("byteStream"):
        if (path := folder / stream.find("fileLocation").get("href")).exists():
            stream.set("size", str(path.stat().st_size))
    tree.write(folder / "manifest.safe")


def opened(place: object) -> xr.DataTree:
    return xr.open_datatree(place, engine="safe", check_files_exist=True)


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_real_annotation_opens_whole(folder, name):
    tree, files = opened(folder(name)), sorted(folder(name).glob("annotation/*.xml"))
    images = [node for node in tree.subtree if "orbit" in node.children]
    assert len(images) == len(files)
    for node in images:
        for table in node.children.values():
            if table.name != "measurement":
                table.to_dataset().load()
                assert all(variable.size for variable in table.variables.values()), table.path
        assert float(np.linalg.norm(node["orbit/position"], axis=0).min()) > 7e6
    sources = {path.name.split("-")[1].upper() + "/" + path.name.split("-")[3].upper() for path in files}
    assert {node.path.strip("/") for node in images} == sources


def test_tables_are_parsed_when_touched_and_travel_as_values(folder):
    place = folder("93A7")
    tree = opened(place)
    for group, name in (("orbit", "position"), ("calibration", "sigmaNought"), ("dc_estimate", "data_dc_polynomial")):
        table = xr.open_dataset(place, engine="safe", group=f"IW1/VV/{group}")
        expected = table[name].to_numpy()
        sent = pickle.dumps(tree[f"IW1/VV/{group}"].to_dataset())
        assert len(sent) < 400_000
        assert b"<product>" not in sent
        np.testing.assert_array_equal(pickle.loads(sent)[name], expected)
        np.testing.assert_array_equal(tree[f"IW1/VV/{group}"][name][..., 1:3], expected[..., 1:3])
        np.testing.assert_array_equal(table.copy(deep=True)[name][[0, -1]], expected[[0, -1]])


@pytest.mark.parametrize(
    ("part", "group", "old", "new"),
    [
        ("calibration/calibration", "calibration", rb'(<sigmaNought count="\d+">)\S+', rb"\1much"),
        ("calibration/calibration", "calibration", rb'(?s)(<betaNought count="\d+">.*?<betaNought count="\d+">)\S+ ', rb"\1"),
        ("calibration/calibration", "calibration", rb'(?s)(<pixel count="\d+">.*?<pixel count="\d+">)0 40 ', rb"\g<1>0 41 "),
        ("calibration/noise", "noise_range", rb'(<noiseRangeLut count="\d+">)\S+', rb"\1x"),
        ("", "orbit", rb"(<position>\s*<x>)[^<]*", rb"\1nowhere"),
        ("", "attitude", rb"<roll>[^<]*</roll>", b""),
        ("", "dc_estimate", rb"(<dataDcRmsError>)[^<]*", rb"\1"),
        ("", "antenna_pattern", rb'(<elevationAngle count="\d+">)\S+ ', rb"\1"),
    ],
)  # fmt: skip
def test_a_broken_table_is_an_error_when_it_is_touched_and_the_file_is_named(copied, part, group, old, new):
    place = copied("93A7", "s1a-iw1-slc-vv-")
    (path,) = place.glob(f"annotation/{part}*.xml")
    data = re.sub(old, new, path.read_bytes(), count=1)
    assert data != path.read_bytes()
    path.write_bytes(data)
    true_sizes(place)
    tree = opened(place)
    with pytest.raises(FormatError, match=re.escape(path.name)):
        tree[f"IW1/VV/{group}"].to_dataset().load()
    tree["IW1/VV/gcp"].to_dataset().load()


@pytest.mark.parametrize(
    "part", ["manifest.safe", "annotation/s1", "annotation/calibration/cal", "annotation/calibration/noise"]
)
def test_xml_bombs_are_refused_and_named(copied, part):
    place = copied("93A7", "s1a-iw1-slc-vv-")
    (path,) = place.glob(f"{part}*")
    head, tail = re.fullmatch(rb"(?s)(<\?xml[^>]*\?>\s*)(.*)", path.read_bytes()).groups()
    path.write_bytes(head + b"<!-- x -->" + BOMB + tail)
    if part != "manifest.safe":
        true_sizes(place)
    with pytest.raises(FormatError, match=f"{path.name.partition('.')[0]}.*document type"):
        opened(place)


def test_files_that_the_manifest_lists_and_nobody_has(folder):
    place = folder("8152")
    with pytest.raises(NotFoundError, match="check_files_exist"):
        xr.open_datatree(place, engine="safe")
    tree = opened(place)
    assert "measurement" in tree["EW1/HH"].children
    assert set(tree["EW1/HV"].children) >= {"orbit", "gcp", "bursts"}
    assert "measurement" not in tree["EW1/HV"].children  # its TIFF is not there
    with pytest.raises(NotFoundError, match="EW1/HV"):
        xr.open_dataset(place, engine="safe", group="EW1/HV", check_files_exist=True)
    lazy = xr.open_dataset(place, engine="safe", group="EW1/HV").measurement
    with pytest.raises(NotFoundError, match="s1a-ew1-slc-hv"):
        lazy[0].load()
    for group in ("EW2/HH", "EW1/HH/calibration"):
        with pytest.raises(NotFoundError):
            xr.open_dataset(place, engine="safe", group=group)


@pytest.mark.parametrize(
    "name",
    [
        "S2C_MSIL2A_20270821T221941_N0511_R029_T01KAB_20270822T021825.SAFE",
        "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_01_010302_20200306T053815.nc",
        "S6B_P4_2__LR______20270101T000000_20270101T010000_20270102T000000_3600_042_123_061_EUM__OPE_NT_F08.SEN6",
    ],
)
def test_products_that_are_not_read_are_refused_by_name_before_anything_is_asked_for(name):
    with pytest.raises(FormatError, match="not read yet"):
        xr.open_dataset(f"cdse://eodata/{name}", engine="safe")


def renamed(place: Path, *, unit: str, swath: str) -> Path:
    """Make a product of another platform and mode of a real one: its names and what its XML says."""
    made = place.with_name(f"S1{unit}_{swath}_GRDH_1SDV_20270621T075323_20270621T075348_043758_053961_0000.SAFE")
    place.rename(made)
    for path in sorted(made.rglob("*.xml")):
        path.rename(path.with_name(path.name.replace("s1a-iw-", f"s1{unit.lower()}-{swath.lower()}-")))
    for path in (made / "manifest.safe", *made.rglob("*.xml")):
        text = path.read_text().replace("s1a-iw-", f"s1{unit.lower()}-{swath.lower()}-")
        text = text.replace("number>A</", f"number>{unit}</").replace("<mode>IW</mode>", f"<mode>{swath[:2]}</mode>")
        text = text.replace("<swath>IW</swath>", f"<swath>{swath}</swath>").replace("S1A", f"S1{unit}")
        path.write_text(re.sub(r"(<s1sarl1:mode>)IW", rf"\g<1>{swath[:2]}", text))
    true_sizes(made)
    return made


@pytest.mark.parametrize(("unit", "swath"), [("C", "EW"), ("D", "S4"), ("E", "IW")])
def test_detected_images_of_any_platform_and_mode(copied, unit, swath):
    tree = opened(renamed(copied("0000", "s1a-iw-grd-vv-"), unit=unit, swath=swath))
    assert set(tree[f"{swath}/VV"].children) >= {"orbit", "coordinate_conversion", "calibration", "noise_azimuth"}
    assert "bursts" not in tree[f"{swath}/VV"].children
    assert (tree.attrs["number"], tree.attrs["mode"]) == (unit, swath[:2])
    assert tree[f"{swath}/VV/noise_azimuth"].to_dataset().sizes["line_1"] == 1700


def test_wave_mode_has_a_group_per_vignette(folder, tmp_path):
    """The manifest of a real wave product, with the annotation of a stripmap image: there is no other."""
    place = tmp_path / folder("D542").name
    place.mkdir()
    shutil.copyfile(folder("D542") / "manifest.safe", place / "manifest.safe")
    (real,) = folder("6001").glob("annotation/*.xml")
    listed = re.findall(r'href="\./(annotation/s1b-wv\d[^"]*\.xml)"', (place / "manifest.safe").read_text())
    assert len(listed) == 60
    for path in listed[:2]:
        (place / path).parent.mkdir(exist_ok=True)
        text = real.read_text().replace("<mode>SM</mode>", "<mode>WV</mode>")
        (place / path).write_text(text.replace("<swath>S3</swath>", f"<swath>{path[15:18].upper()}</swath>"))
        (place / path.replace("annotation", "measurement").replace(".xml", ".tiff")).parent.mkdir(exist_ok=True)
        (place / path.replace("annotation", "measurement").replace(".xml", ".tiff")).touch()
    true_sizes(place)
    tree = opened(place)
    for path in listed[:2]:
        group = f"{path[15:18].upper()}/VV/{path[-7:-4]}"
        assert set(tree[group].children) >= {"measurement", "orbit", "gcp", "dc_estimate"}
        assert tree[group].measurement.measurement.dims == ("azimuth_time", "slant_range_time")
        vignette = xr.open_dataset(place, engine="safe", group=group, check_files_exist=True)
        assert vignette.sizes == tree[f"{group}/measurement"].sizes


@pytest.mark.parametrize(
    ("name", "image", "index"), [("93A7", "IW1/VV", 3), ("EFA4", "IW2/VH", 0), ("8152", "EW1/HH", 16)]
)
def test_a_burst_says_what_its_signal_is(folder, name, image, index):
    place = folder(name)
    burst = xr.open_dataset(place, engine="safe", group=f"{image}/{index}")
    tables = {
        kind: xr.open_dataset(place, engine="safe", group=f"{image}/{kind}")
        for kind in ("azimuth_fm_rate", "dc_estimate", "bursts")
    }
    times = burst.azimuth_time.to_numpy()
    middle = np.datetime64(burst.attrs["burst_mid_time"])
    # numpy counts in whole nanoseconds and so does the axis, whose step was rounded down: a microsecond at the end
    assert abs(middle - (times[0] + (times[-1] - times[0]) / 2)) < np.timedelta64(1, "us")
    for attr, table, variable in (
        ("azimuth_fm_rate", "azimuth_fm_rate", "azimuth_fm_rate_polynomial"),
        ("doppler_centroid", "dc_estimate", "data_dc_polynomial"),
    ):
        near = tables[table].sel(azimuth_time=middle, method="nearest")
        assert burst.attrs[f"{attr}_polynomial"] == near[variable].to_numpy().tolist()
        assert burst.attrs[f"{attr}_t0"] == float(near.t0)
        assert np.datetime64(burst.attrs[f"{attr}_time"]) == near.azimuth_time.to_numpy()
    assert burst.attrs["azimuth_steering_rate"] > 0.9
    bursts = tables["bursts"].isel(burst=index)
    assert burst.attrs["burst_name"] == str(bursts.burst_id.values)
    lines = slice(burst.attrs["first_valid_line"], burst.attrs["last_valid_line"] + 1)
    assert (bursts.first_valid_sample[lines] <= burst.attrs["first_valid_sample"]).all()
    assert (bursts.last_valid_sample[lines] >= burst.attrs["last_valid_sample"]).all()
    assert (bursts.first_valid_sample >= 0).sum() == lines.stop - lines.start
    json.dumps({name: value for name, value in burst.attrs.items() if "burst" in name or "polynomial" in name})


def test_every_kind_of_product_opens_whole(tmp_path):
    """All modes and types, of processors from IPF 2.36 to 4.03: annotations without burst ids, noise of one list."""
    archive.build(tmp_path, size="modes")
    seen = set()
    for place in sorted((tmp_path / "s3/eodata/Sentinel-1/SAR").rglob("*.SAFE")):
        tree, (mode, kind) = xr.open_datatree(place, engine="safe"), re.split("_", place.name)[1:3]
        for node in tree.subtree:
            if node.name != "measurement":
                node.to_dataset().load()
        image = next(node for node in tree.subtree if "measurement" in node.children)
        assert set(image.children) >= {"orbit", "gcp", "calibration", "noise_range", "dc_estimate"}, place.name
        assert ("bursts" in image.children) == (kind == "SLC" and mode in ("IW", "EW")), place.name
        assert ("coordinate_conversion" in image.children) == kind.startswith("GRD"), place.name
        if "bursts" in image.children:
            numbers = [int(name.split("_")[1]) for name in image["bursts/burst_id"].to_numpy()]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        seen.add((mode[0], kind[:3]))
    assert seen == {(mode, kind) for mode in "IES" for kind in ("SLC", "GRD")} | {("W", "SLC")}


def test_requests_of_metadata(seeded_root):
    """One for the manifest and one for each file that is needed; pixels and what is not asked for move nothing."""
    with Sandbox(root=seeded_root) as cdse:
        rows = [json.loads(line) for line in (cdse.root / "catalogue/products.jsonl").read_text().splitlines()]
        place = f"cdse:/{next(row['S3Path'] for row in rows if '_IW_SLC__1SDV_' in row['Name'])}"
        for group, requests in (("IW1/VV", 2), ("IW1/VV/1", 2), ("IW1/VV/calibration", 2), ("", 1)):
            cdse.reset_counters()
            xr.open_dataset(place, engine="safe", group=group)
            assert cdse.counters(path="/eodata/").requests == requests, group
        cdse.reset_counters()
        tree = xr.open_datatree(place, engine="safe")
        assert cdse.counters(path="/eodata/").requests == 1 + 6 * 3
        tree["IW2/VH/calibration"].to_dataset().load()
        tree["IW2/VH/attitude"].to_dataset().load()
        assert cdse.counters(path="/eodata/").requests == 1 + 6 * 3
        part = xr.open_datatree(place, engine="safe", group="IW1/VV")
        assert cdse.counters(path="/eodata/").requests == 1 + 6 * 3 + 1 + 3
        with pytest.raises(NotFoundError, match="IW1/VV, "):
            xr.open_datatree(place, engine="safe", group="IW9/VV")
        assert cdse.counters(path="/eodata/").requests == 1 + 6 * 3 + 1 + 3 + 1
        xr.testing.assert_identical(part["noise_range"].to_dataset(), tree["IW1/VV/noise_range"].to_dataset())
