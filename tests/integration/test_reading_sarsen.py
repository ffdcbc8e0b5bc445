"""sarsen on our engine, beside sarsen on xarray-sentinel: the same tables, the same backscatter, the same map."""

from __future__ import annotations

import json
import shutil
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import tifffile
import xarray as xr
from lxml import etree
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning

from phistac.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = {"93A7": ("IW1/VV", "s1a-iw1-slc-vv-"), "0000": ("IW/VV", "s1a-iw-grd-vv-")}
SAMPLES = 64
PLANETARY = "{dirname}/{prefix}{swath}-{polarization}{ext}"
"""The names of Planetary Computer, which sarsen tries when a file is not found."""


# Others' warnings are not ours to fix: casts of datetimes, deprecated calls of xarray, chunks that are not a burst each.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def products(real_data, tmp_path_factory) -> dict[str, Path]:
    """Real products, cut to the first samples of one image: an uncompressed TIFF, and sizes and offsets that are true."""
    made = {}
    for name, (_, prefix) in IMAGES.items():
        (real,) = real_data.glob(f"safe/sentinel-1/*_{name}.SAFE")
        made[name] = cut(real, tmp_path_factory.mktemp(name) / real.name, prefix)
    return made


def cut(real: Path, folder: Path, prefix: str) -> Path:
    """Copy the metadata of one image and make pixels for it."""
    (annotation,) = real.glob(f"annotation/{prefix}*.xml")
    (calibration,) = real.glob(f"annotation/calibration/calibration-{prefix}*.xml")
    for path in (annotation, calibration, real / "manifest.safe"):
        copy = folder / path.relative_to(real)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    thin(folder / "annotation/calibration" / calibration.name)
    tree = etree.parse(folder / "annotation" / annotation.name)
    lines = int(tree.findtext("imageAnnotation/imageInformation/numberOfLines"))
    first = write_pixels(folder / "measurement" / f"{annotation.stem}.tiff", lines, complex_="-slc-" in prefix)
    for name in ("imageAnnotation/imageInformation/numberOfSamples", "swathTiming/samplesPerBurst"):
        tree.find(name).text = str(SAMPLES)
    for burst, found in enumerate(tree.iter("byteOffset")):
        found.text = str(first + burst * int(tree.findtext("swathTiming/linesPerBurst")) * SAMPLES * 4)
    tree.write(folder / "annotation" / annotation.name)
    manifest = etree.parse(folder / "manifest.safe")
    for stream in manifest.iter("byteStream"):
        if (there := folder / stream.find("fileLocation").get("href")).exists():
            stream.set("size", str(there.stat().st_size))
    manifest.write(folder / "manifest.safe")
    return folder


def thin(calibration: Path) -> None:
    """Leave a fifth of the vectors, and the last: xarray-sentinel takes seconds for all of them."""
    tree = etree.parse(calibration)
    vectors = tree.find("calibrationVectorList")
    for number, vector in enumerate(list(vectors)[:-1]):
        if number % 5:
            vectors.remove(vector)
    vectors.set("count", str(len(vectors)))
    tree.write(calibration)


def write_pixels(path: Path, lines: int, *, complex_: bool) -> int:
    """Write uncompressed strips (of many lines: GDAL takes long over single ones), and say where the first is."""
    numbers = np.random.default_rng(7).integers(0, 300, (2, lines, SAMPLES))
    pixels, kind = (
        ((numbers[0] + 1j * numbers[1]).astype("c8"), "complex_int16") if complex_ else (numbers[0], "uint16")
    )
    path.parent.mkdir()
    shape = {"width": SAMPLES, "height": lines, "count": 1, "dtype": kind, "BLOCKYSIZE": 500}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", driver="GTiff", **shape) as file:
            file.write(pixels, 1)
    with tifffile.TiffFile(path) as file:
        return int(file.pages[0].tags["StripOffsets"].value[0])


def product(place: str, group: str | None, engine: str):
    from sarsen import Sentinel1SarProduct
    from xarray_sentinel import esa_safe

    esa_safe.parse_manifest_sentinel1.cache_clear()  # it hands out one dictionary, and writes into it
    return Sentinel1SarProduct(str(place), group, measurement_chunks=2048, kwargs={"engine": engine})


def both(folder: Path, group: str | None):
    return product(str(folder), group, "safe"), product(str(folder), group, "sentinel-1")


@pytest.fixture(scope="module")
def pairs(products):
    """Both products of each name; they keep their tables, which take xarray-sentinel seconds."""
    return {name: both(products[name], group) for name, (group, _) in IMAGES.items()}


def told(attrs: dict) -> dict:
    """What attributes say, but for who made them, and the last digits of the footprint."""
    kept = {name: value for name, value in attrs.items() if name not in ("comment", "history", "geospatial_bounds")}
    return kept | {name: round(value, 9) for name, value in kept.items() if name.startswith("geospatial_")}


@pytest.mark.parametrize("name", IMAGES)
def test_everything_that_sarsen_asks_a_product_for_is_the_same(pairs, name):
    mine, theirs = pairs[name]
    tables = ["orbit", "gcp", "calibration"]
    tables += ["coordinate_conversion"] if name == "0000" else ["azimuth_fm_rate", "dc_estimate"]
    for table in tables:
        found, expected = getattr(mine, table), getattr(theirs, table)
        # xarray-sentinel fills this flag with the error itself
        xr.testing.assert_equal(
            *(it.drop_vars("data_dc_rms_error_above_threshold", errors="ignore") for it in (found, expected))
        )
        assert told(found.attrs) == told(expected.attrs)
    assert mine.product_type == theirs.product_type
    assert mine.grid_parameters() == theirs.grid_parameters()
    xr.testing.assert_identical(mine.state_vectors().drop_attrs(), theirs.state_vectors().drop_attrs())
    found, expected = (it.beta_nought().compute() for it in (mine, theirs))
    xr.testing.assert_equal(found, expected)
    assert float(found.mean()) > 0.01
    assert found.attrs["units"] == expected.attrs["units"] == "m2 m-2"


@pytest.mark.parametrize("name", IMAGES)
def test_what_sarsen_says_of_a_product(products, name):
    mine, theirs = (it.product_info() for it in both(products[name], None))
    assert mine["measurement_groups"] == theirs["measurement_groups"] == [IMAGES[name][0]]
    assert mine["geospatial_bbox"] == pytest.approx(theirs["geospatial_bbox"], abs=1e-9)
    assert {k: v for k, v in mine.items() if "geospatial" not in k} == {
        k: v for k, v in theirs.items() if "geospatial" not in k
    }


def terrain(gcp: xr.Dataset) -> xr.DataArray:
    """Return a small elevation model around a place in the middle of the cut image."""
    row, share = gcp.sizes["azimuth_time"] // 2, SAMPLES / 2 / float(gcp.pixel[1])
    lat, lon, height = (
        float(gcp[name][row, 0] + share * (gcp[name][row, 1] - gcp[name][row, 0]))
        for name in ("latitude", "longitude", "height")
    )
    epsg = (32600 if lat > 0 else 32700) + int((lon + 180) // 6) + 1
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    steps = 25.0 * (np.arange(16) - 8)
    heights = (height + np.add.outer(np.arange(16), np.arange(16))).astype("float32")
    made = xr.DataArray(heights, coords={"y": y - steps, "x": x + steps}, dims=("y", "x"))
    return made.rio.write_crs(epsg).chunk(x=16, y=16)


@pytest.mark.parametrize(("name", "radiometry"), [("93A7", "gamma_nearest"), ("0000", None)])
def test_terrain_correction_gives_the_same_map(pairs, name, radiometry):
    from sarsen import apps

    mine, theirs = pairs[name]
    options = {"correct_radiometry": radiometry, "radiometry_bound": 4, "grouping_area_factor": (1.0, 1.0)}
    elevation = terrain(theirs.gcp)
    found, expected = (apps.do_terrain_correction(it, elevation, **options)[0].compute() for it in (mine, theirs))
    xr.testing.assert_equal(found, expected)
    assert np.isfinite(found).sum() > found.size / 10


def test_files_under_the_names_of_planetary_computer(products, tmp_path):
    folder = tmp_path / products["0000"].name
    shutil.copytree(products["0000"], folder)
    for path in folder.rglob("*vv*"):
        path.rename(path.with_name(f"{path.name.split('s1a-')[0]}iw-vv{path.suffix}"))
    mine, theirs = both(folder, "IW/VV")
    xr.testing.assert_equal(mine.orbit, theirs.orbit)
    xr.testing.assert_equal(mine.measurement.measurement[:20].compute(), theirs.measurement.measurement[:20].compute())
    assert mine.kwargs["override_product_files"] == theirs.kwargs["override_product_files"] == PLANETARY


def test_a_product_in_the_archive(seeded_root):
    with Sandbox(root=seeded_root) as cdse:
        rows = [json.loads(line) for line in (cdse.root / "catalogue/products.jsonl").read_text().splitlines()]
        place = next(row["S3Path"] for row in rows if "_IW_GRDH_" in row["Name"] and "_COG" not in row["Name"])
        mine, theirs = (
            product(f"cdse:/{place}", "IW/VV", "safe"),
            product(cdse.root / f"s3{place}", "IW/VV", "sentinel-1"),
        )
        xr.testing.assert_equal(mine.beta_nought().compute(), theirs.beta_nought().compute())
        assert mine.product_info()["measurement_groups"] == theirs.product_info()["measurement_groups"]
        assert cdse.counters().refused == 0
