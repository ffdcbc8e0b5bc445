"""phistac.calibrate: xarray-sentinel's values, ESA's formula for noise, lazily and in any selection."""

from __future__ import annotations

import asyncio
import json
import pickle
import warnings

import dask
import numpy as np
import pytest
import xarray as xr

import phistac
from phistac.errors import NotFoundError, QueryError

pytest.importorskip("nanio")
KINDS = {"sigma0": "sigmaNought", "gamma0": "gamma", "beta0": "betaNought"}


def address(cdse, kind: str) -> str:
    rows = [json.loads(line) for line in (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines()]
    return next(row["S3Path"] for row in rows if kind in row["Name"] and ("_COG" in row["Name"]) == ("_COG" in kind))


def theirs(numbers: xr.DataArray, table: xr.DataArray) -> np.ndarray:
    sentinel1 = pytest.importorskip("xarray_sentinel.sentinel1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sentinel1.calibrate_intensity(numbers.load(), table).to_numpy()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("product", "group"), [("_IW_SLC__", "IW2/VV"), ("_IW_GRDH_", "IW/VH")])
def test_values_are_xarray_sentinels(cdse, kind, product, group):
    place = address(cdse, product)
    image = xr.open_dataset(place, engine="safe", group=group)
    table = xr.open_dataset(place, engine="safe", group=f"{group}/calibration")[KINDS[kind]]
    found = phistac.calibrate(image, kind)
    assert (found.name, found.dtype, found.dims) == (kind, np.float32, image.measurement.dims)
    expected = theirs(image.measurement, table)
    known = np.isfinite(expected)  # the archive's tables end a few lines before its images, ESA's do not
    assert known.mean() > 0.95
    np.testing.assert_allclose(found.values[known], expected[known], rtol=1e-6)


@pytest.mark.parametrize("product", ["EFA4", "6001", "ECC8"])
def test_values_are_xarray_sentinels_with_real_tables(real_data, product):
    (folder,) = real_data.glob(f"safe/sentinel-1/*_{product}.SAFE")
    group = {"EFA4": "IW2/VH", "6001": "S3/VH", "ECC8": "IW/VV"}[product]
    image = xr.open_dataset(folder, engine="safe", group=group, check_files_exist=True)
    if not list(folder.glob("annotation/calibration/calibration-*.xml")):
        with pytest.raises(NotFoundError, match="calibration"):
            phistac.calibrate(image)
        return
    table = xr.open_dataset(folder, engine="safe", group=f"{group}/calibration", check_files_exist=True).gamma
    lines, samples = image.measurement.shape
    for cut in ((slice(0, 20), slice(0, 999)), (slice(lines - 9, None), slice(samples - 700, None, 7)), (77, slice(9))):
        window = image.measurement[cut]
        np.testing.assert_allclose(phistac.calibrate(window, "gamma0"), theirs(window, table), rtol=1e-6)


def test_noise_by_esas_formula_across_the_swaths_of_a_real_detected_image(real_data):
    (folder,) = real_data.glob("safe/sentinel-1/*_0000.SAFE")
    tables = {
        name: xr.open_dataset(folder, engine="safe", group=f"IW/VV/{name}", check_files_exist=True)
        for name in ("calibration", "noise_range", "noise_azimuth")
    }
    line, pixel = np.array([0, 4000, 16830]), np.array([0, 8560, 8561, 20000, 25458])
    numbers = np.random.default_rng(4).integers(1, 400, (3, 5)).astype("u2")
    image = xr.DataArray(numbers, {"line": line, "pixel": pixel}, ("line", "pixel"))
    tree = xr.DataTree.from_dict({"measurement": xr.Dataset({"measurement": image}), **tables})
    found = phistac.calibrate(tree, "sigma0", denoise=True)
    kept = phistac.calibrate(tree, "sigma0")
    azimuth = tables["noise_azimuth"]
    for i, j in np.ndindex(3, 5):
        at = {"line": line[i], "pixel": pixel[j]}
        gain = float(tables["calibration"].sigmaNought.astype("f8").interp(at))
        name = f"noiseAzimuthLut{('', '_1', '_2')[int(pixel[j] > 8560) + int(pixel[j] > 17364)]}"
        factor = np.interp(line[i], azimuth[azimuth[name].dims[0]], azimuth[name])
        noise = float(tables["noise_range"].noiseRangeLut.astype("f8").interp(at)) * factor
        power = float(numbers[i, j]) ** 2
        assert float(found[i, j]) == pytest.approx((power - noise) / gain**2, rel=1e-5, abs=1e-9)
        assert float(kept[i, j]) == pytest.approx(power / gain**2, rel=1e-6)
    assert (found < 0).any()


def test_it_is_lazy_and_a_window_reads_its_bytes(cdse):
    image = xr.open_dataset(address(cdse, "_IW_SLC__"), engine="safe", group="IW1/VV", burst=1)
    cdse.reset_counters()
    found = phistac.calibrate(image, "beta0", denoise=True)
    assert cdse.counters().by_method == {"GET": 2}  # two tables, no pixel
    cdse.reset_counters()
    window = found[40:50, 60:200]
    plan = phistac.explain(window)
    assert plan.bytes_asked == 10 * 140 * 4
    assert cdse.counters().by_method == {}
    values = window.values
    assert cdse.counters().bytes_sent == plan.bytes_moved
    cdse.reset_counters()
    whole = phistac.load(found)
    np.testing.assert_array_equal(whole[40:50, 60:200], values)
    assert found.attrs["units"] == "m2 m-2"
    assert found.attrs["long_name"] == "beta nought"
    assert set(found.attrs) == set(image.measurement.attrs)
    assert set(found.coords) == set(image.coords)
    assert whole.dtype == np.float32


def test_joined_images_are_calibrated_before_they_are_joined(cdse):
    """What joins arrays keeps the tables of the first: the second would be calibrated with another image's."""
    place = address(cdse, "_IW_SLC__")
    image = xr.open_dataset(place, engine="safe", group="IW1/VV").isel(pixel=slice(0, 40))
    other = xr.open_dataset(place, engine="safe", group="IW2/VV").isel(pixel=slice(0, 40))
    one, two = image.isel(line=slice(0, 20)), other.isel(line=slice(20, 40))
    options = {"join": "override", "combine_attrs": "override"}
    for along, coords, compat in (("line", "minimal", "override"), ("pixel", "minimal", "override"),
                                  ("pixel", "different", "equals")):  # fmt: skip
        joined = xr.concat([one, two], along, coords=coords, compat=compat, **options)
        with pytest.raises(QueryError, match="not of the image whose tables are known"):
            phistac.calibrate(joined)
    twice = xr.concat([one, one], "line", coords="minimal", compat="override", **options)
    with pytest.raises(QueryError, match="Calibrate each image"):
        phistac.calibrate(twice.drop_vars("azimuth_time"))
    parts = [one, image.isel(line=slice(20, 30))]  # of one image
    again = xr.concat(parts, "line", coords="minimal", compat="override", **options)
    np.testing.assert_array_equal(phistac.calibrate(again), phistac.calibrate(image).isel(line=slice(0, 30)))


def test_any_selection_before_or_after_gives_the_same(cdse):
    place = address(cdse, "_IW_GRDH_")
    image = xr.open_dataset(place, engine="safe", group="IW/VV").drop_vars(["azimuth_time", "ground_range"])
    image = image.swap_dims(azimuth_time="line", ground_range="pixel") if "line" not in image.dims else image
    whole = phistac.calibrate(image.load(), denoise=True).values
    lazy = xr.open_dataset(place, engine="safe", group="IW/VV").measurement
    rows, columns = lazy.dims
    for selection in (
        {rows: slice(3, 40, 7), columns: slice(None, None, -3)},
        {rows: 5},
        {columns: 7},
        {rows: 4, columns: -1},
        {rows: [9, 2, 2], columns: [1, 0, 30]},
    ):
        expected = lazy.isel(selection).copy(data=xr.DataArray(whole, dims=(rows, columns)).isel(selection).values)
        before = phistac.calibrate(lazy.isel(selection), denoise=True)
        after = phistac.calibrate(lazy, denoise=True).isel(selection)
        np.testing.assert_array_equal(before.values, expected.values, err_msg=str(selection))
        np.testing.assert_array_equal(after.values, expected.values, err_msg=str(selection))
        turned = phistac.calibrate(lazy.isel(selection).T, denoise=True)
        np.testing.assert_array_equal(turned.T.values, expected.values, err_msg=str(selection))
    points = {rows: xr.DataArray([3, 9, 4], dims="point"), columns: xr.DataArray([8, 8, 1], dims="point")}
    after = phistac.calibrate(lazy, denoise=True).isel(points)
    np.testing.assert_array_equal(after.values, whole[[3, 9, 4], [8, 8, 1]])
    with pytest.raises(QueryError, match="point has no rows and columns"):
        phistac.calibrate(lazy.isel(points))


def test_dask_pickles_and_coroutines_agree(cdse):
    place = address(cdse, "_IW_SLC__")
    lazy = xr.open_dataset(place, engine="safe", group="IW3/VH")
    expected = phistac.calibrate(lazy).values
    chunked = phistac.calibrate(xr.open_dataset(place, engine="safe", group="IW3/VH", chunks={}), "sigma0")
    assert set(chunked.chunks[0]) == {lazy.attrs["lines_per_burst"]}
    np.testing.assert_array_equal(chunked.compute(scheduler="threads"), expected)
    np.testing.assert_array_equal(chunked[5], expected[5])
    np.testing.assert_array_equal(chunked.T[3:50, 2:9], expected.T[3:50, 2:9])
    pieces = xr.open_dataset(place, engine="safe", group="IW3/VH", chunks={}).chunk({"line": 100, "pixel": 90})
    row = phistac.calibrate(pieces.measurement[:, 9])
    np.testing.assert_array_equal(row.compute(scheduler="threads"), expected[:, 9])
    turned = phistac.calibrate(pieces.measurement.T)
    np.testing.assert_array_equal(turned.compute(scheduler="threads").T, expected)
    assert dask.is_dask_collection(turned)
    fresh = phistac.calibrate(xr.open_dataset(place, engine="safe", group="IW3/VH"))
    sent = pickle.dumps(fresh)
    for secret in (cdse.password, cdse.config.secret_key, cdse.config.access_key):
        assert secret.encode() not in sent
    np.testing.assert_array_equal(pickle.loads(sent)[7:9], expected[7:9])
    np.testing.assert_array_equal(asyncio.run(fresh.load_async()), expected)


def test_a_tree_and_its_image_are_calibrated_alike(cdse):
    place = address(cdse, "_IW_GRDH_")
    tree = phistac.open(place)
    found = phistac.calibrate(tree["IW/VV"], denoise=True)
    expected = phistac.calibrate(xr.open_dataset(place, engine="safe", group="IW/VV"), denoise=True)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(phistac.calibrate(tree["IW/VV/measurement"], denoise=True), expected)
    # a selection of a whole tree cuts its tables with it: they are fetched anew then
    cut = tree["IW/VV"].map_over_datasets(lambda ds: ds.isel(line=slice(0, 1)) if "sigmaNought" in ds else ds)
    np.testing.assert_array_equal(phistac.calibrate(cut, denoise=True), expected)


def test_a_twin_is_calibrated_alike(cdse):
    windows = []
    for kind in ("_IW_GRDH_", "_COG.SAFE"):
        image = xr.open_dataset(address(cdse, kind), engine="safe", group="IW/VV")
        windows.append(phistac.calibrate(image, "gamma0")[3:20, 200:300].values)
    np.testing.assert_array_equal(*windows)


def test_what_cannot_be_calibrated_is_said(cdse):
    image = xr.open_dataset(address(cdse, "_IW_GRDH_"), engine="safe", group="IW/VV")
    with pytest.raises(QueryError, match="no backscatter called 'sigma'"):
        phistac.calibrate(image, "sigma")
    with pytest.raises(NotFoundError, match="does not know its product"):
        phistac.calibrate(image.measurement * 1)
    with pytest.raises(NotFoundError, match="no pixels"):
        phistac.calibrate(image.drop_vars("measurement"))
    with pytest.raises(QueryError, match="rows and columns"):
        phistac.calibrate(image.drop_vars("line"))
