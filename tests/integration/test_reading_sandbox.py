"""Products on the sandbox's S3: lazily, by the ranges asked for, equal to rasterio's and h5py's pixels."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import signal
import threading
import time
import warnings

import h5py
import numpy as np
import pystac
import pytest
import xarray as xr

import phistac
from phistac.errors import NotFoundError
from phistac.odata import records
from phistac.remote.files.filesystem import filesystem
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange
from phistac.sandbox import Fault
from phistac.stac.bursts import burst_item
from phistac.stac.items import item as product_item

pytest.importorskip("nanio")


def rows(cdse, name: str) -> list[dict]:
    return [json.loads(line) for line in (cdse.root / "catalogue" / f"{name}.jsonl").read_text().splitlines()]


def folder(cdse, row: dict):
    return cdse.root / "s3" / row["S3Path"].lstrip("/")


@pytest.fixture
def slc(cdse) -> dict:
    return next(row for row in rows(cdse, "products") if "_IW_SLC__1SDV_" in row["Name"])


def pixels(path) -> np.ndarray:
    rasterio = pytest.importorskip("rasterio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path) as file:
            return file.read(1)


def tiff(cdse, row: dict, image: str):
    swath, polarization = image.lower().split("/")
    (path,) = (folder(cdse, row) / "measurement").glob(f"*-{swath}-*-{polarization}-*.tiff")
    return path


def test_a_tree_from_an_item_moves_no_pixel_and_every_pixel_is_gdals(cdse, slc):
    item = product_item(records.product(slc))
    cdse.reset_counters()
    tree = xr.open_datatree(item, engine="safe")
    opened = cdse.counters()
    metadata = [path for path in folder(cdse, slc).rglob("*.xml") if "rfi" not in path.name]
    sizes = sum(path.stat().st_size for path in metadata) + (folder(cdse, slc) / "manifest.safe").stat().st_size
    assert opened.bytes_sent <= sizes * 1.01
    assert opened.refused == 0
    for image in ("IW1/VV", "IW2/VH", "IW3/VV"):
        np.testing.assert_array_equal(tree[image]["measurement/measurement"].values, pixels(tiff(cdse, slc, image)))
    assert cdse.counters().peak_sockets <= 4
    assert cdse.counters().refused == 0


def test_windows_chunks_threads_and_pickles_agree(cdse, slc):
    place = f"s3://eodata/{slc['S3Path'].removeprefix('/eodata/')}"
    expected = pixels(tiff(cdse, slc, "IW2/VV"))
    lazy = xr.open_dataset(place, engine="safe", group="IW2/VV").measurement
    np.testing.assert_array_equal(lazy[70:80, 9:40], expected[70:80, 9:40])
    np.testing.assert_array_equal(lazy[[3, 200, 4], ::-7], expected[[3, 200, 4], ::-7])
    chunked = xr.open_dataset(place, engine="safe", group="IW2/VV", chunks={}).measurement
    assert set(chunked.chunks[0]) == {lazy.attrs["lines_per_burst"]}
    np.testing.assert_array_equal(chunked.compute(scheduler="threads"), expected)
    sent = pickle.dumps(lazy)
    for secret in (cdse.password, cdse.config.secret_key, cdse.config.access_key):
        assert secret.encode() not in sent
    np.testing.assert_array_equal(pickle.loads(sent)[5:7], expected[5:7])
    loaded = asyncio.run(xr.open_dataset(place, engine="safe", group="IW2/VV").load_async())
    np.testing.assert_array_equal(loaded.measurement, expected)


def test_open_gives_what_an_item_is_of(cdse):
    item = burst_item(records.burst(next(iter(rows(cdse, "bursts")))))
    for burst in (item, pystac.Item.from_dict(item)):
        assert phistac.open(burst).identical(xr.open_dataset(burst, engine="safe"))
    assert isinstance(phistac.open(item, group="IW1/VV/orbit"), xr.Dataset)
    product = item["assets"]["data"]["href"].partition("/measurement/")[0]
    assert isinstance(phistac.open(product), xr.DataTree)


def test_a_burst_item_is_one_contiguous_range(cdse):
    row = next(row for row in rows(cdse, "bursts") if row["SwathIdentifier"] == "IW2")
    item = burst_item(records.burst(row))
    assert item["properties"]["burst:swath"] == "IW2"
    cdse.reset_counters()
    lazy = xr.open_dataset(item, engine="safe")
    opened = cdse.counters()
    assert (opened.requests, opened.peak_in_flight) == (2, 2), "manifest and annotation come together"
    missing = copy.deepcopy(item)
    missing["assets"]["annotation"]["href"] += ".not"
    assert xr.open_dataset(missing, engine="safe").attrs == lazy.attrs
    assert dict(lazy.sizes) == {"azimuth_time": row["LinesPerBurst"], "slant_range_time": row["SamplesPerBurst"]}
    cdse.reset_counters()
    found = lazy.measurement.values
    size = 4 * row["LinesPerBurst"] * row["SamplesPerBurst"]
    seen = cdse.counters()
    assert size <= seen.bytes_sent <= 1.01 * size
    assert seen.by_method.get("GET", 0) <= 4  # one range, in a piece for each connection at most
    data = (cdse.root / "s3" / row["S3Path"].lstrip("/")).read_bytes()[row["ByteOffset"] : row["ByteOffset"] + size]
    pairs = np.frombuffer(data, "<i2").reshape((*found.shape, 2))
    np.testing.assert_array_equal(found, (pairs[..., 0] + 1j * pairs[..., 1]).astype("c8"))
    assert lazy.attrs["burst_id"] == row["BurstId"]


def test_detected_images_are_found_by_the_files_own_directory(cdse):
    row = next(row for row in rows(cdse, "products") if "_IW_GRDH_" in row["Name"] and "_COG" not in row["Name"])
    found = xr.open_dataset(row["S3Path"], engine="safe", group="IW/VV").measurement
    expected = pixels(tiff(cdse, row, "IW/VV"))
    np.testing.assert_array_equal(found[3:20, 5:9], expected[3:20, 5:9])
    np.testing.assert_array_equal(found, expected)
    assert found.dims == ("azimuth_time", "ground_range")
    assert found.dtype == np.uint16


def test_radiances_of_sentinel_3_are_h5pys(cdse):
    row = next(row for row in rows(cdse, "products") if "_OL_1_EFR_" in row["Name"])
    raw = xr.open_dataset(row["S3Path"], engine="safe", group="measurement", mask_and_scale=False)
    scaled = xr.open_dataset(row["S3Path"], engine="safe", group="measurement")
    assert set(raw.coords) == {"latitude", "longitude", "altitude", "time_stamp"}
    for band in ("Oa01_radiance", "Oa21_radiance"):
        with h5py.File(folder(cdse, row) / f"{band}.nc") as file:
            stored, scale, fill = file[band][()], file[band].attrs["scale_factor"][0], file[band].attrs["_FillValue"][0]
        np.testing.assert_array_equal(raw[band], stored)
        np.testing.assert_array_equal(raw[band][40:60:3, [7, 2]], stored[40:60:3][:, [7, 2]])
        np.testing.assert_array_equal(scaled[band].isnull(), stored == fill)
        np.testing.assert_allclose(scaled[band].max(), stored[stored != fill].max() * scale, rtol=1e-5)
    assert np.issubdtype(scaled.time_stamp.dtype, np.datetime64)
    assert xr.open_datatree(row["S3Path"], engine="safe")["tie_geometries/SZA"].ndim == 2


def test_what_is_not_there_is_said(cdse, slc):
    with pytest.raises(NotFoundError, match="no product at"):
        xr.open_dataset("cdse://eodata/Sentinel-1/nothing.SAFE", engine="safe")
    with pytest.raises(NotFoundError, match=r"Did you mean .*IW1/VV"):
        xr.open_dataset(slc["S3Path"], engine="safe", group="IW9/VV")


def test_a_read_that_is_interrupted_stops(cdse, slc):
    """Ctrl-C ends the wait; what was still to come is not fetched in the background, with the account's connections."""
    fs = filesystem()
    objects = fs.find(slc["S3Path"], detail=True)
    wanted = [ByteRange(path, 0, entry["size"]) for path, entry in objects.items() if entry["size"]]
    cdse.inject(Fault("late", path="/eodata/", seconds=0.5, times=1000))
    cdse.reset_counters()
    timer = threading.Timer(0.7, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        fetch(fs, wanted)
    timer.join()
    until = time.monotonic() + 20
    while cdse.counters().in_flight and time.monotonic() < until:
        time.sleep(0.05)
    assert cdse.counters().requests < len(wanted) / 2
