"""Pixels of every kind of image against GDAL's, bit for bit: real files, and the kinds of the seeded archive."""

from __future__ import annotations

import json
import re
import shutil
import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import phistac
from phistac.errors import FormatError
from phistac.sandbox.environment import environment

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("nanio")
from rasterio.shutil import copy  # noqa: E402 - behind the skip
from rasterio.windows import Window  # noqa: E402


def products(root) -> list[dict]:
    rows = [json.loads(line) for line in (root / "catalogue" / "products.jsonl").read_text().splitlines()]
    return [row for row in rows if "SAR" in row["S3Path"] and row["Name"][7:10] in ("SLC", "GRD")]


def gdal(path, window: tuple[int, int, int, int] | None = None) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a georeference of control points only
        with rasterio.open(path) as file:
            if window is None:
                return file.read(1)
            row, column, height, width = window
            return file.read(1, window=Window(column, row, width, height))


@pytest.mark.parametrize(
    ("name", "image"),
    [("EFA4", "IW1/VV"), ("EFA4", "IW2/VH"), ("8152", "EW1/HH"), ("6001", "S3/VH"), ("ECC8", "IW/VV")],
)
def test_repacked_files_of_real_products_read_as_gdal_reads_them(real_data, name, image):
    (folder,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE")
    swath, polarization = image.lower().split("/")
    (path,) = folder.glob(f"measurement/*-{swath}-*-{polarization}-*.tiff")
    lazy = xr.open_dataset(folder, engine="safe", group=image, check_files_exist=True).measurement
    lines, samples = lazy.shape
    for row, column in ((0, 0), (lines // 2, samples // 3), (lines - 40, samples - 30)):
        expected = gdal(path, (row, column, 40, 30))
        np.testing.assert_array_equal(lazy[row : row + 40, column : column + 30], expected)
        np.testing.assert_array_equal(lazy[row + 39 : row : -7, column], expected[39:0:-7, 0])


@pytest.fixture(scope="module")
def modes(tmp_path_factory):
    """A small archive of all modes and types, back to IPF 2.36: its measurement files."""
    from phistac.sandbox import archive

    root = tmp_path_factory.mktemp("modes")
    archive.build(root, size="modes")
    return sorted(root.rglob("*.tiff"))


def image_of(path) -> xr.Dataset:
    """Open the image that a measurement file of a local product belongs to, by what the product calls it."""
    folder = path.parent.parent
    swath, polarization, number = (path.stem.removesuffix("-cog").upper().split("-")[n] for n in (1, 3, -1))
    groups = xr.open_dataset(folder, engine="safe").attrs["subgroups"]
    group = f"{swath}/{polarization}/{number}" if swath[:2] == "WV" else f"{swath}/{polarization}"
    assert group in groups, (group, groups)
    return xr.open_dataset(folder, engine="safe", group=group)


def test_every_kind_of_image_is_gdals_whole_and_in_windows(modes):
    seen = set()
    draw = np.random.default_rng(11)
    for path in modes:
        expected, lazy = gdal(path), image_of(path).measurement
        for _ in range(3):
            rows, columns = (np.sort(draw.integers(0, size, 2)) for size in expected.shape)
            cut = (slice(rows[0], rows[1] + 1, 3), slice(columns[0], columns[1] + 1))
            np.testing.assert_array_equal(lazy[cut], expected[cut], err_msg=f"{path.name} {cut}")
        np.testing.assert_array_equal(lazy[-1, ::-1], expected[-1, ::-1], err_msg=path.name)
        np.testing.assert_array_equal(lazy, expected, err_msg=path.name)
        assert lazy.dtype == (np.uint16 if "-grd-" in path.name else np.complex64)
        seen.add((path.name.split("-")[1].rstrip("12345"), path.name.split("-")[2], "-cog" in path.name))
    detected = {(mode, "grd", cog) for mode in ("iw", "ew", "s") for cog in (False, True)}
    assert seen == detected | {(mode, "slc", False) for mode in ("iw", "ew", "s", "wv")}


@pytest.mark.parametrize("denoise", [False, True])
def test_every_kind_of_image_can_be_calibrated(modes, denoise):
    for path in modes:
        image = image_of(path)
        found = phistac.calibrate(image, "gamma0", denoise=denoise)
        assert found.sizes == image.measurement.sizes
        values, none = found[::7, ::5].values, image.measurement[::7, ::5].values == 0
        assert np.isfinite(values).all(), path.name
        assert (values[none] == 0).all()
        assert denoise or (values[~none] > 0).all()


@pytest.fixture
def copied(cdse, tmp_path):
    """An image made of bursts, in a folder where it may be changed: annotation, measurement, and its pixels."""
    row = next(row for row in products(cdse.root) if "_IW_SLC_" in row["Name"])
    folder = tmp_path / row["Name"]
    shutil.copytree(cdse.root / "s3" / row["S3Path"].lstrip("/"), folder)
    (annotation,), (tiff,) = folder.glob("annotation/*-iw2-*-vv-*.xml"), folder.glob("measurement/*-iw2-*-vv-*.tiff")
    return annotation, tiff, gdal(tiff)


def opened(annotation) -> xr.DataArray:
    return xr.open_dataset(annotation.parent.parent, engine="safe", group="IW2/VV").measurement


@pytest.mark.parametrize("rows", [1, -1])
def test_wrong_byte_offsets_are_not_believed(copied, rows):
    annotation, _, expected = copied
    text, count = annotation.read_text(), 4 * expected.shape[1]
    offsets = [int(found) for found in re.findall(r"<byteOffset>(\d+)<", text)]
    for offset in sorted(offsets, reverse=rows > 0):
        text = text.replace(f"<byteOffset>{offset}<", f"<byteOffset>{offset + rows * count}<")
    assert len(text) == annotation.stat().st_size
    annotation.write_text(text)
    lazy = opened(annotation)
    np.testing.assert_array_equal(lazy, expected)
    np.testing.assert_array_equal(lazy[40:50, 9:12], expected[40:50, 9:12])


def test_a_repacked_file_reads_by_its_own_directory_and_one_cut_off_not_at_all(copied):
    annotation, tiff, expected = copied
    whole = tiff.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy(tiff, tiff.with_suffix(".tmp"), driver="GTiff", compress="ZSTD", tiled=True)
    tiff.with_suffix(".tmp").rename(tiff)
    assert tiff.stat().st_size != len(whole)
    np.testing.assert_array_equal(opened(annotation), expected)
    np.testing.assert_array_equal(opened(annotation)[77:79, 3:80:2], expected[77:79, 3:80:2])
    tiff.write_bytes(whole[:-1000])  # only of its ground control points something is missing
    np.testing.assert_array_equal(opened(annotation), expected)
    for size in (len(whole) - 20_000, len(whole) // 2, 100, 0):
        tiff.write_bytes(whole[:size])
        with pytest.raises(FormatError, match=f"{size} bytes, the manifest says {len(whole)}"):
            opened(annotation)[5, 5].load()


def cog(cdse) -> tuple[dict, dict]:
    """The row of a cloud-optimized twin, and that of its ESA sibling."""
    rows = {row["Name"]: row for row in products(cdse.root)}
    twin = next(row for name, row in rows.items() if name.endswith("_COG.SAFE"))
    start = twin["Name"][:48]
    return twin, next(
        row for name, row in rows.items() if name.startswith(start) and "_COG" not in name and "GRD" in name
    )


def test_a_cog_opens_as_its_twin_does(cdse):
    twin, esa = cog(cdse)
    ours, theirs = (xr.open_dataset(row["S3Path"], engine="safe", group="IW/VV") for row in (twin, esa))
    assert ours.sizes == theirs.sizes
    assert ours.measurement.dtype == theirs.measurement.dtype
    xr.testing.assert_equal(ours.drop_vars("measurement"), theirs.drop_vars("measurement"))
    np.testing.assert_array_equal(ours.measurement, theirs.measurement)
    chunks = ours.measurement.encoding["preferred_chunks"]
    assert all(size % 256 == 0 or size == ours.sizes[dim] for dim, size in chunks.items() if dim in ours.sizes)


def test_a_window_of_a_cog_fetches_the_tiles_that_it_touches(cdse):
    import tifffile

    twin, _ = cog(cdse)
    (path,) = (cdse.root / "s3" / twin["S3Path"].lstrip("/") / "measurement").glob("*-vv-*.tiff")
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        size, tiles = page.tilewidth, page.databytecounts
    lazy = xr.open_dataset(twin["S3Path"], engine="safe", group="IW/VV").measurement
    lazy[:1, :1].load()  # the file's directory is known from here on
    cdse.reset_counters()
    found = lazy[5:20, size + 3 : size + 12].values  # in the second tile
    assert cdse.counters().bytes_sent == tiles[1]
    assert cdse.counters().by_method == {"GET": 1}
    np.testing.assert_array_equal(found, gdal(path)[5:20, size + 3 : size + 12])
    cdse.reset_counters()
    both = lazy[7, size - 1 : size + 1].values
    assert cdse.counters().bytes_sent == tiles[0] + tiles[1]
    np.testing.assert_array_equal(both, gdal(path)[7, size - 1 : size + 1])


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_window_of_a_grd_and_its_twin(server, data):
    import os
    from unittest import mock

    with mock.patch.dict(os.environ, environment(server.config, server.settings)):
        row = cog(server)[data.draw(st.integers(0, 1))]
        (path,) = (server.root / "s3" / row["S3Path"].lstrip("/") / "measurement").glob("*-vv-*.tiff")
        expected = gdal(path)
        lazy = xr.open_dataset(row["S3Path"], engine="safe", group="IW/VV", parse_geospatial_attrs=False).measurement
        keys = []
        for size in expected.shape:
            at = st.integers(0, size - 1)
            bands = st.tuples(at, at).map(sorted)
            slices = bands.map(lambda ends: slice(ends[0], ends[1], 5)) | bands.map(
                lambda ends: slice(ends[1], None, -2)
            )
            keys.append(data.draw(at | slices | st.lists(at, min_size=1, max_size=5)))
        cut = expected[keys[0]] if isinstance(keys[0], int) else expected[keys[0], :]
        cut = cut[..., keys[1]]
        np.testing.assert_array_equal(lazy[tuple(keys)], cut)
