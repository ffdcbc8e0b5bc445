"""Sentinel-2, 3 and 5P products of the seeded archive."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import rasterio
import shapely
from lxml import etree
from rasterio.warp import transform

from phistac.sandbox.archive.orbit import SENTINEL_3B
from phistac.sandbox.archive.s3_scene import Frame
from phistac.sandbox.archive.times import parse

PLACE = (14.14, 40.83)
EFR = "S3B_OL_1_EFR____20230311T214926_20230311T214926_20230312T085631_0000_077_100_4320_PS2_O_NT_003.SEN3"


def test_sentinel2_comes_every_five_days_in_two_tiles_and_two_levels(small):
    rows = small.of("_MSIL1C_")
    dates = sorted({row["ContentDate"]["Start"] for row in rows})
    gaps = np.diff([parse(date).timestamp() for date in dates]) / 86400
    np.testing.assert_array_equal(gaps, 5)
    assert {row["Name"][38:44] for row in rows} == {"T33TVF", "T33TWF"}
    assert {row["Name"][:3] for row in rows} == {"S2B", "S2C"}
    assert len(small.of("_MSIL2A_")) == len(rows) + 2  # one acquisition was processed twice


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_images_lie_where_metadata_and_catalogue_say(small, level):
    row = small.of(f"_MSI{level}_")[0]
    folder = small.folder(row)
    tile = etree.parse(next(folder.glob("GRANULE/*/MTD_TL.xml"))).getroot()
    product = etree.parse(folder / f"MTD_MSI{level}.xml").getroot()
    files = [node.text for node in product.iter("IMAGE_FILE")]
    assert len(files) == {"L1C": 14, "L2A": 36}[level]
    for file in files:
        with rasterio.open(folder / f"{file}.jp2") as image:
            step = int(image.transform.a)
            assert image.shape == (109800 // step, 109800 // step)
            place = next(n for n in tile.iter("Geoposition") if n.get("resolution") == str(step))
            assert image.transform.c == float(place.findtext("ULX"))
            corner = transform(image.crs, "EPSG:4326", [image.bounds.left], [image.bounds.top])
    ring = row["GeoFootprint"]["coordinates"][0]
    np.testing.assert_allclose(ring[0], [corner[0][0], corner[1][0]], atol=1e-9)


def test_only_the_newer_baseline_has_tlm(small):
    for row in (small.of("_MSIL2A_")[0], small.of("_MSIL2A_")[-1]):
        band = next(small.folder(row).glob("GRANULE/*/IMG_DATA/R10m/*_B02_10m.jp2")).read_bytes()
        header = band[: band.index(b"\xff\x90\x00\x0a")]
        assert (b"\xff\x55" in header) == ("_N0512_" in row["Name"])


def test_olci_passes_over_the_place(small):
    over = [
        r
        for r in small.of("_OL_1_EFR_")
        if shapely.geometry.shape(r["GeoFootprint"]).buffer(0.2).contains(shapely.Point(PLACE))
    ]
    assert len(over) >= 3


def test_olci_files_are_laid_out_as_the_real_ones(small, real_data):
    real, ours = real_data / "safe" / "sentinel-3" / EFR, small.folder(small.of("_OL_1_EFR_")[0])
    names = {path.name for path in real.glob("*.nc")}
    assert names == {path.name for path in ours.glob("*.nc")}
    for name in sorted(names):
        with h5py.File(real / name) as theirs, h5py.File(ours / name) as mine:
            assert set(theirs.attrs) == set(mine.attrs), name
            # Not copied: the sun's zenith angle and the detector numbers of removed pixels.
            assert set(theirs) - {"SZA", "detector_index"} <= set(mine), name
            for key in mine:
                assert mine[key].dtype == theirs[key].dtype, (name, key)
                assert mine[key].ndim == theirs[key].ndim, (name, key)
                assert [d[0].name for d in mine[key].dims if len(d)] == [d[0].name for d in theirs[key].dims if len(d)]
                for packing in ("scale_factor", "add_offset", "_FillValue", "units"):
                    if packing in theirs[key].attrs and packing in mine[key].attrs:
                        a, b = theirs[key].attrs[packing], mine[key].attrs[packing]
                        assert type(a) is type(b), (name, key, packing)
                        np.testing.assert_array_equal(a, b)


def test_olci_radiances_are_chunked_and_plausible(small):
    with h5py.File(small.folder(small.of("_OL_1_EFR_")[0]) / "Oa08_radiance.nc") as file:
        data = file["Oa08_radiance"]
        assert data.chunks == (48, 161)
        assert (data.compression, data.shuffle) == ("gzip", True)
        counts = data[:]
        radiance = counts[counts < 65535] * data.attrs["scale_factor"][0]
    assert 20 < radiance.mean() < 90
    assert (counts[:, :2] == 65535).all()


def test_frames_are_named_after_their_place_in_the_orbit():
    frame = Frame(25397, 4320)
    assert (frame.cycle, frame.relative_orbit) == (77, 100)
    assert abs((frame.start - parse("2023-03-11T21:49:26.174111Z")).total_seconds()) < 1e-3
    assert frame.name.startswith("S3B_OL_1_EFR____20230311T214926_20230311T215226_")
    assert SENTINEL_3B.orbit_at(frame.start) == 25397


def test_no2_is_one_object_with_the_groups_of_a_real_one(small, real_data):
    row = small.of("S5P_OFFL_L2__NO2_")[0]
    path = small.folder(row)
    assert path.is_file()
    assert row["ContentLength"] == path.stat().st_size
    real = next((real_data / "safe" / "sentinel-5p").glob("*NO2*.nc"))
    with h5py.File(real) as theirs, h5py.File(path) as mine:
        assert set(mine) == set(theirs) == {"PRODUCT", "METADATA"}
        assert set(mine["METADATA"]) <= set(theirs["METADATA"])
        assert set(mine.attrs) <= set(theirs.attrs)
        column = mine["PRODUCT/nitrogendioxide_tropospheric_column"]
        assert [d[0].name.rsplit("/", 1)[-1] for d in column.dims] == ["time", "scanline", "ground_pixel"]
        assert column.shape == (1, 240, 45)
        assert np.isfinite(column[:]).all()
    assert shapely.geometry.shape(row["GeoFootprint"]).contains(shapely.Point(PLACE))
