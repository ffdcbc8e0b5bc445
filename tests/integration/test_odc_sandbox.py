"""odc-stac, stackstac, rasterio and s3fs read Sentinel-2 from the sandbox's S3 by themselves, from our Items.

GDAL opens its own connections, outside our budget: the sandbox here has no quota, but for the test that keeps to it.
GDAL also remembers what it has read, in the whole process: each test has an image of its own.
"""

from __future__ import annotations

import json

import dask
import numpy as np
import odc.stac
import pystac
import pytest
import rasterio
import s3fs
import stackstac
from rasterio.errors import EnvError

from phistac.remote.files.assets import with_assets
from phistac.remote.interop import gdal_env, storage_options
from phistac.remote.stacapi.stac_io import connect
from phistac.sandbox import Sandbox
from phistac.stac.stackstac import for_stackstac

# Of the tools, not of ours: affine's `*`, shapely's `ops.transform`.
pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
_WINDOW = (slice(1900, 2300), slice(3000, 3350))


@pytest.fixture
def cdse(seeded_root):
    with Sandbox(root=seeded_root, strict=False) as sandbox:
        yield sandbox


@pytest.fixture
def items(cdse):
    """Two Items of one tile, two days, level 2A, with exact assets."""
    with connect() as catalog:
        search = catalog.search(
            collections=["sentinel-2-l2a"], filter="grid:code = 'MGRS-33TVF'", datetime="2025-08-10/2025-08-20"
        )
        found = sorted(search.items_as_dicts(), key=lambda each: each["properties"]["datetime"])
    assert len(found) == 2
    return with_assets(found)


def _local(cdse, made, key):
    return cdse.root / "s3" / made["assets"][key]["href"].removeprefix("s3://")


def _truth(path, window=_WINDOW):
    with rasterio.open(path) as image:
        return image.read(1, window=tuple((part.start, part.stop) for part in window))


def test_odc_stac_loads_lazily_on_the_exact_grid(cdse, items):
    cdse.reset_counters()
    with gdal_env():
        cube = odc.stac.load(
            [pystac.Item.from_dict(each) for each in items], bands=["B04_10m"], chunks={"x": 2048, "y": 2048}
        )
        assert cdse.counters().requests == 0
        box = cube.odc.geobox
        assert (box.shape.y, box.shape.x) == (10980, 10980)
        assert box.crs.epsg == 32633
        assert tuple(box.affine)[:6] == (10, 0, 399960, 0, -10, 4600020)
        pixels = cube["B04_10m"].isel(time=1, y=_WINDOW[0], x=_WINDOW[1]).compute()
    first, second = (_local(cdse, each, "B04_10m") for each in items)
    np.testing.assert_array_equal(pixels, _truth(second))
    assert len(np.unique(pixels)) > 1
    moved = cdse.counters()
    assert moved.requests == cdse.counters(path="/" + str(second.relative_to(cdse.root / "s3"))).requests
    assert moved.bytes_sent <= second.stat().st_size + 16_384  # GDAL asks for 16 KiB at a time
    assert first != second


def test_stackstac_stacks_copies_of_our_items(cdse, items):
    untouched = json.dumps(items)
    with pytest.raises(ValueError, match="CRS"):
        stackstac.stack(items, assets=["B03_10m"])
    cdse.reset_counters()
    with gdal_env():
        cube = stackstac.stack(for_stackstac(items), assets=["B03_10m"], chunksize=2048, rescale=False)
        assert cdse.counters().requests == 0
        assert cube.shape == (2, 1, 10980, 10980)
        assert cube.attrs["spec"].epsg == 32633
        assert tuple(cube.attrs["transform"])[:6] == (10, 0, 399960, 0, -10, 4600020)
        pixels = cube[0, 0, _WINDOW[0], _WINDOW[1]].compute(scheduler="synchronous")
        rescaled = stackstac.stack(for_stackstac(items), assets=["B03_10m"], chunksize=2048)
        reflectance = rescaled[0, 0, _WINDOW[0], _WINDOW[1]].compute(scheduler="synchronous")
    numbers = _truth(_local(cdse, items[0], "B03_10m"))
    np.testing.assert_array_equal(pixels, numbers)
    np.testing.assert_allclose(reflectance, numbers * 0.0001 - 0.1, rtol=0, atol=1e-12)
    assert json.dumps(items) == untouched


def test_only_the_needed_bytes_move(cdse, items):
    """The seeded images are too small to show it: one of noise, twelve megabytes, under another name."""
    noise = np.random.default_rng(1).integers(0, 2**15, (2560, 2560), dtype=np.uint16)
    path = cdse.root / "s3" / "eodata" / "noise.jp2"
    grid = {"crs": 32633, "transform": rasterio.Affine(10, 0, 399960, 0, -10, 4600020)}
    shape = {"width": 2560, "height": 2560, "count": 1, "dtype": "uint16"}
    tiles = {"blockxsize": 512, "blockysize": 512, "quality": 100, "reversible": "yes", "tlm": "yes"}
    with rasterio.open(path, "w", driver="JP2OpenJPEG", **grid, **shape, **tiles) as image:
        image.write(noise, 1)
    try:
        made = json.loads(json.dumps(items[0]))
        asset = {**made["assets"]["B04_10m"], "href": "s3://eodata/noise.jp2", "proj:shape": [2560, 2560]}
        made["assets"] = {"noise": {key: value for key, value in asset.items() if key != "proj:bbox"}}
        cdse.reset_counters()
        with gdal_env():
            cube = odc.stac.load([pystac.Item.from_dict(made)], bands=["noise"], chunks={"x": 256, "y": 256})
            pixels = cube["noise"][0, 600:800, 1100:1200].compute(scheduler="synchronous")
        np.testing.assert_array_equal(pixels, noise[600:800, 1100:1200])
        assert path.stat().st_size > 10e6
        assert 0 < cdse.counters().bytes_sent < 0.15 * path.stat().st_size
    finally:
        path.unlink()


def test_rasterio_by_session_and_by_environment(cdse, items, monkeypatch):
    href, path = items[0]["assets"]["B8A_20m"]["href"], _local(cdse, items[0], "B8A_20m")
    with pytest.raises(EnvError):
        rasterio.Env(**gdal_env())
    with gdal_env().rasterio(), rasterio.open(href) as image:
        assert image.crs.to_epsg() == 32633
        np.testing.assert_array_equal(
            image.read(1, window=((0, 64), (0, 64))), _truth(path, (slice(0, 64), slice(0, 64)))
        )
    other = items[0]["assets"]["B8A_60m"]["href"]
    with pytest.raises(rasterio.RasterioIOError):
        rasterio.open(other)
    for name, value in gdal_env().items():
        monkeypatch.setenv(name, value)
    with rasterio.open(items[1]["assets"]["B8A_20m"]["href"]) as image:
        assert image.shape == (5490, 5490)


def test_s3fs_with_our_options(cdse, items):
    asset = items[0]["assets"]["granule_metadata"]
    fs = s3fs.S3FileSystem(**storage_options(items[0]), skip_instance_cache=True)
    assert fs.cat(asset["href"]) == _local(cdse, items[0], "granule_metadata").read_bytes()


def test_one_reader_at_a_time_keeps_to_the_quota(seeded_root, items):
    with Sandbox(root=seeded_root, latency_s=0.01) as strict, gdal_env(), dask.config.set(scheduler="synchronous"):
        objects = [pystac.Item.from_dict(each) for each in items]
        cube = odc.stac.load(objects, bands=["B02_10m", "B08_10m", "B11_20m"], chunks={}, resolution=600)
        cube.compute()
        seen = strict.counters()
    assert seen.requests >= 6
    assert seen.refused == 0
    assert seen.peak_sockets <= 4
