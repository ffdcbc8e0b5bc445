"""What ``chunks=`` gives: axes cut alike, tasks in few pieces, and datasets that can be written as they are."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import phistac
from phistac.reading.sentinel1 import pixels

pytest.importorskip("nanio")


def place(cdse, part: str) -> str:
    lines = (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines()
    return next(row["S3Path"] for row in map(json.loads, lines) if part in row["Name"] and "_COG" not in row["Name"])


KINDS = [("_IW_SLC__1SDV_", "IW1/VV"), ("_IW_SLC__1SDV_", "IW1/VV/1"), ("_IW_GRDH_", "IW/VV")]


@pytest.mark.parametrize(("part", "group"), KINDS)
def test_all_that_lies_along_an_axis_is_cut_alike(cdse, part, group, monkeypatch):
    monkeypatch.setattr(pixels, "_BAND_SIZE", 30_000)  # the archive's images are small
    opened = xr.open_dataset(place(cdse, part), engine="safe", group=group, chunks={})
    rows, columns = opened.measurement.dims
    assert set(opened.chunksizes) == {rows, columns}  # raises where two variables are cut differently
    if group.count("/") == 1:
        assert len(opened.chunksizes[rows]) > 1
    doubled = xr.map_blocks(lambda block: block * 2, opened.measurement, template=opened.measurement)
    np.testing.assert_array_equal(doubled[:9].values, 2 * opened.measurement[:9].values)
    assert phistac.calibrate(opened).chunksizes[rows] == opened.chunksizes[rows]


def test_a_tree_is_cut_alike_too(cdse):
    tree = xr.open_datatree(place(cdse, "_IW_SLC__1SDV_"), engine="safe", chunks={})
    assert tree["IW1/VV/measurement"].chunksizes["/IW1/VV/measurement"]["line"]


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.parametrize(("part", "group"), KINDS)
def test_what_is_calibrated_can_be_written_and_times_come_back_whole(cdse, part, group, chunks, tmp_path):
    pytest.importorskip("h5netcdf")
    image = xr.open_dataset(place(cdse, part), engine="safe", group=group, chunks=chunks)
    found = phistac.calibrate(image).to_dataset()
    found.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as back:
        np.testing.assert_array_equal(back.azimuth_time, found.azimuth_time)
        np.testing.assert_array_equal(back.sigma0, found.sigma0)


def test_a_series_can_be_cut_and_written(cdse):
    with phistac.connect() as catalog:
        search = catalog.search(collections=["sentinel-1-slc-burst"], query={"burst:id": {"eq": "t044_092602_iw2"}})
        series = phistac.burst_series(search.item_collection(), chunks={})
    assert series.chunksizes["time"]
    for variable in series.chunk().variables.values():
        xr.conventions.encode_cf_variable(variable)  # Dask's times need a unit and a type


def test_bursts_are_counted_by_any_integer(cdse):
    path = place(cdse, "_IW_SLC__1SDV_")
    first = phistac.open(path, group="IW1/VV", burst=np.arange(3)[1])
    xr.testing.assert_identical(first, phistac.open(path, group="IW1/VV/1"))


def test_a_group_is_known_by_the_name_it_gives_itself(cdse):
    tree = phistac.open(place(cdse, "_IW_SLC__1SDV_"))
    for path in ("IW1/VV/measurement", "IW1/VV/orbit"):
        name = tree[path].attrs["group"]
        opened = xr.open_dataset(place(cdse, "_IW_SLC__1SDV_"), engine="safe", group=name)
        assert set(opened.data_vars) == set(tree[path].data_vars)
