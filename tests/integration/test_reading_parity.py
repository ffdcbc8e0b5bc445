"""Metadata of real Sentinel-1 products: equal to xarray-sentinel's, group by group, name by name, value by value."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from phistac.sandbox import archive

PRODUCTS = {
    "93A7": ("IW1/VV", "IW3/VH"),
    "EFA4": ("IW1/VV", "IW2/VH"),
    "8152": ("EW1/HH",),
    "6001": ("S3/VH",),
    "ECC8": ("IW/VV", "IW/VH"),
    "0000": ("IW/VV",),
}
TABLES = (
    "orbit", "attitude", "gcp", "dc_estimate", "azimuth_fm_rate", "calibration", "noise_range", "noise_azimuth",
    "coordinate_conversion",
)  # fmt: skip
OURS = {"bursts", "antenna_pattern", "quality_information"}
BURST = {"burst_name", "burst_id", "burst_mid_time"} | {
    *(f"{name}_{part}" for name in ("azimuth_fm_rate", "doppler_centroid") for part in ("polynomial", "t0", "time")),
    *(f"{end}_valid_{axis}" for end in ("first", "last") for axis in ("line", "sample")),
}
ESTIMATED = {"geospatial_bounds", "history", "comment"}


@pytest.fixture(scope="module")
def folder(real_data):
    def find(name: str) -> str:
        (found,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE")
        return str(found)

    return find


def theirs(path: str, group: str) -> xr.Dataset:
    pytest.importorskip("xarray_sentinel")
    from xarray_sentinel import esa_safe, sentinel1

    esa_safe.parse_manifest_sentinel1.cache_clear()  # it hands out one dictionary, and writes into it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sentinel1.open_sentinel1_dataset(path, group=group, check_files_exist=True)


def ours(path: str, group: str, **options) -> xr.Dataset:
    return xr.open_dataset(path, engine="safe", group=group, check_files_exist=True, **options)


def footprint(attrs: dict) -> np.ndarray:
    text = attrs["geospatial_bounds"].removeprefix("POLYGON((").removesuffix("))")
    return np.array([[float(number) for number in corner.split()] for corner in text.split(",")])


def same_attrs(mine: dict, other: dict) -> None:
    assert set(mine) - {"comment"} == set(other) - {"comment"}
    for name in set(mine) - ESTIMATED - {"subgroups"}:
        if isinstance(other[name], float):
            assert mine[name] == pytest.approx(other[name], rel=1e-9), name
        else:
            assert mine[name] == other[name], name
    if "geospatial_bounds" in mine:
        np.testing.assert_allclose(footprint(mine), footprint(other), rtol=0, atol=1e-9)
    assert set(mine.get("subgroups", ())) - OURS == set(other.get("subgroups", ()))


def same_variables(mine: xr.Dataset, other: xr.Dataset, *, unlike: frozenset[str] = frozenset()) -> None:
    assert dict(mine.sizes) == dict(other.sizes)
    assert set(mine.data_vars) == set(other.data_vars)
    assert set(mine.coords) == set(other.coords)
    assert set(mine.indexes) == set(other.indexes)
    for name in mine.variables:
        assert mine[name].dims == other[name].dims, name
        if name != "measurement" and name not in unlike:
            assert mine[name].dtype.kind == other[name].dtype.kind, name
            np.testing.assert_array_equal(mine[name].values, other[name].values, err_msg=str(name))
        for key in ("units", "long_name", "standard_name"):
            assert mine[name].attrs.get(key) == other[name].attrs.get(key), (name, key)


@pytest.mark.parametrize(("name", "image"), [(name, image) for name, images in PRODUCTS.items() for image in images])
def test_every_table_of_every_image(folder, name, image):
    path = folder(name)
    for table in theirs(path, image).attrs["subgroups"] if image in measured(path) else TABLES[:5]:
        other, mine = theirs(path, f"{image}/{table}"), ours(path, f"{image}/{table}")
        # xarray-sentinel fills this flag with the error itself, and keeps one azimuth table of the several of a GRD
        unlike = frozenset({"data_dc_rms_error_above_threshold"})
        if table == "noise_azimuth":
            mine = mine.drop_vars([v for v in mine.variables if str(v)[-2:] in ("_1", "_2")])
        same_variables(mine, other, unlike=unlike)
        same_attrs(mine.attrs, other.attrs)


def test_every_kind_of_product_that_both_can_open(tmp_path):
    """All modes and types, IPF 2.36 to 4.03, COG too. xarray-sentinel takes a wave product for one image."""
    archive.build(tmp_path, size="modes")
    compared, beyond_theirs = 0, set()
    for place in sorted((tmp_path / "s3/eodata/Sentinel-1/SAR").rglob("S1?_[IES]*.SAFE")):
        path = str(place)
        groups = theirs(path, "").attrs["subgroups"]
        image = next(group for group in groups if group.count("/") == 1)
        for group in [group for group in groups if group.startswith(image)]:
            try:
                other = theirs(path, group)
            except LookupError:
                beyond_theirs.add((place.name[17:21], group.rpartition("/")[2]))
                continue
            mine = ours(path, group)
            if group.endswith("noise_azimuth"):
                mine = mine.drop_vars([name for name in mine.variables if re.search(r"_\d$", str(name))])
            same_variables(mine, other, unlike=frozenset({"data_dc_rms_error_above_threshold"}))
            same_attrs(mine.attrs, other.attrs)
            compared += 1
    assert compared > 100
    assert beyond_theirs == {("2014", "azimuth_fm_rate"), ("2014", "noise_range")}


def measured(path: str) -> list[str]:
    groups = []
    for tiff in (Path(path) / "measurement").glob("*.tiff"):
        _, swath, _, polarization, *_ = tiff.name.split("-")
        if tiff.stat().st_size > 1:
            groups.append(f"{swath}/{polarization}".upper())
    return groups


def test_pixels_groups_of_every_image_that_has_a_tiff(folder):
    seen = 0
    for name in ("EFA4", "8152", "6001", "ECC8"):
        path = folder(name)
        for image in measured(path):
            other, mine = theirs(path, image), ours(path, image)
            same_variables(mine, other)
            same_attrs(mine.attrs, other.attrs)
            assert set(mine["measurement"].attrs) - set(mine.attrs) == {"units", "long_name"}
            # rioxarray's masking makes float32 of detected pixels; the file has, and we give, uint16
            assert mine["measurement"].dtype == (np.uint16 if name == "ECC8" else other["measurement"].dtype)
            # theirs lose the nanoseconds when they are written
            units = other["azimuth_time"].encoding["units"].replace("microseconds", "nanoseconds")
            assert mine["azimuth_time"].encoding["units"] == units
            seen += 1
    assert seen == 6


def _leaves(block: dict, above: str = "") -> dict:
    found = {}
    for name, value in block.items():
        if isinstance(value, dict):
            found |= _leaves(value, name)
        else:
            found[f"{above}_{name}" if name in ("re", "im") else name] = value
    return found


@pytest.mark.parametrize(("name", "image"), [(name, image) for name, images in PRODUCTS.items() for image in images])
def test_quality_information(folder, name, image):
    """All of the block, as xarray-sentinel's converter to EOPF reads it; it asserts that of 6001 in its own tests."""
    pytest.importorskip("xarray_sentinel")
    from xarray_sentinel import eopf_metadata, esa_safe

    swath, polarization = image.lower().split("/")
    (path,) = Path(folder(name)).glob(f"annotation/*-{swath}-*-{polarization}-*.xml")
    with path.open() as file:
        block = eopf_metadata.filter_metadata_dict(esa_safe.parse_tag(file, "//qualityInformation"))
    records = block["quality_data_list"]
    (record,) = records if isinstance(records, list) else [records]
    expected = _leaves(record)
    mine = ours(folder(name), f"{image}/quality_information")
    assert mine.attrs["product_quality_index"] == block["product_quality_index"]
    assert str(mine.azimuth_time.values[0]).startswith(expected.pop("azimuth_time"))
    assert {key: column.item() for key, column in mine.data_vars.items()} == expected
    assert len(expected) == 44


@pytest.mark.parametrize("index", [0, 4, 8])
def test_bursts(folder, index):
    path = folder("EFA4")
    other, mine = theirs(path, f"IW1/VV/{index}"), ours(path, f"IW1/VV/{index}")
    same_variables(mine, other)
    same_attrs({name: value for name, value in mine.attrs.items() if name not in BURST}, other.attrs)
    again = ours(path, "IW1/VV", burst=index)
    assert again.attrs == mine.attrs
    xr.testing.assert_identical(mine.drop_vars("measurement"), again.drop_vars("measurement"))


def test_facts_of_products_and_swaths(folder):
    for name in PRODUCTS:
        path = folder(name)
        other, mine = theirs(path, ""), ours(path, "")
        subgroups = {g for g in mine.attrs["subgroups"] if g.rpartition("/")[2] not in OURS}
        assert subgroups == set(other.attrs["subgroups"])
        images = [[group for group in facts.attrs["subgroups"] if group.count("/") == 1] for facts in (mine, other)]
        assert images[0] == images[1]  # sarsen takes the first
        same_attrs(
            {k: v for k, v in mine.attrs.items() if k != "subgroups"},
            {k: v for k, v in other.attrs.items() if k != "subgroups"},
        )


def test_footprints_published_for_a_real_product(folder):
    # asserted by xarray-sentinel's own tests
    attrs = ours(folder("EFA4"), "IW1/VV").attrs
    assert [attrs[f"geospatial_{key}"] for key in ("lon_min", "lat_min", "lon_max", "lat_max")] == pytest.approx(
        [10.876144717121, 45.57910451206848, 12.42647347821595, 47.24053130234206], abs=1e-9
    )


def test_all_annotations_open_and_agree_with_each_other(folder):
    tree = xr.open_datatree(folder("93A7"), engine="safe")
    assert len(tree.groups) == 1 + 3 + 6 + 6 * 11
    assert tree["IW1/VV"].to_dataset().sizes == {}
    first = tree["IW1/VV/bursts"].to_dataset()
    assert first.burst_id.values.tolist()[0] == "t108_230132_iw1"
    assert tree["IW3/VH/bursts"].burst_id.values[0] == "t108_230131_iw3"
    assert (np.diff(first.byte_offset) == 1502 * 22612 * 4).all()
    assert int(first.byte_offset[0]) == 8 * 13518 + 315
    np.testing.assert_array_equal(first.first_valid_sample, tree["IW1/VH/bursts"].first_valid_sample)
    sub = xr.open_datatree(folder("93A7"), engine="safe", group="IW1/VV")
    xr.testing.assert_identical(sub["orbit"].to_dataset(), tree["IW1/VV/orbit"].to_dataset())
    np.testing.assert_array_equal(tree["IW1/VV/orbit"].position, ours(folder("93A7"), "IW1/VV/orbit").position)
