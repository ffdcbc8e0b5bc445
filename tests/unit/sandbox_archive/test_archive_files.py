"""Files of the formats that the archive writes, each read back by a library that had no part in writing it."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
import rasterio
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import Image as Pillow

from phistac.errors import FormatError
from phistac.sandbox.archive import cog, jp2, png, tiff
from phistac.sandbox.archive.xmltext import counted, el, render, values

POINTS = [tiff.GroundPoint(c * 10, r * 20, 14 + c / 10, 40 + r / 10, 0) for r in range(3) for c in range(4)]
TEXTS = {
    "description": "Sentinel-1A IW SLC L1",
    "software": "Sentinel-1 IPF 003.91",
    "moment": "2025:04:06 02:20:09",
}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("complex_pixels", [False, True])
def test_a_measurement_file_is_what_rasterio_reads(tmp_path, complex_pixels, old):
    layout = tiff.Layout(60, 37, len(POINTS), complex_pixels=complex_pixels, old=old)
    shape = (20, 37, 2) if complex_pixels else (20, 37)
    block = np.arange(np.prod(shape), dtype=np.int16 if complex_pixels else np.uint16).reshape(shape)
    path = tmp_path / "m.tiff"
    tiff.write(path, layout, POINTS, blocks=[(20, block)], **TEXTS)
    assert path.stat().st_size == layout.size
    with rasterio.open(path) as image:
        assert image.shape == (60, 37)
        assert image.dtypes == ("complex_int16" if complex_pixels else "uint16",)
        assert image.block_shapes == [(1, 37)]
        assert image.tags()["TIFFTAG_SOFTWARE"] == "Sentinel-1 IPF 003.91"
        points, crs = image.gcps
        pixels = image.read(1)
    assert crs.to_epsg() == 4326
    assert [(p.col, p.row, p.x, p.y) for p in points] == [(p.pixel, p.line, p.longitude, p.latitude) for p in POINTS]
    expected = block[..., 0] + 1j * block[..., 1] if complex_pixels else block
    np.testing.assert_array_equal(pixels[20:40], expected)
    assert not pixels[:20].any()
    raw = path.read_bytes()[layout.first_pixel + 20 * layout.row_bytes :]
    assert raw.startswith(block.astype(block.dtype.newbyteorder("<")).tobytes())


def test_a_measurement_file_is_sparse(tmp_path):
    layout = tiff.Layout(13518, 22612, len(POINTS), complex_pixels=True)
    path = tmp_path / "m.tiff"
    tiff.write(path, layout, POINTS, **TEXTS)
    assert path.stat().st_size == layout.size > 1.2e9
    assert path.stat().st_blocks * 512 < 2e6


def test_a_block_that_does_not_fit_raises(tmp_path):
    layout = tiff.Layout(60, 37, len(POINTS), complex_pixels=True)
    with pytest.raises(FormatError, match="does not fit"):
        tiff.write(tmp_path / "m.tiff", layout, POINTS, blocks=[(50, np.zeros((20, 37, 2), np.int16))], **TEXTS)


def test_a_cog_has_tiles_overviews_and_ground_points(tmp_path):
    image = np.arange(300 * 700, dtype=np.uint16).reshape(300, 700)
    cog.write(tmp_path / "c.tiff", image, POINTS)
    with rasterio.open(tmp_path / "c.tiff") as opened:
        np.testing.assert_array_equal(opened.read(1), image)
        assert opened.block_shapes == [(256, 256)]
        assert opened.overviews(1) == [2, 4]
        assert len(opened.gcps[0]) == len(POINTS)
    with tifffile.TiffFile(tmp_path / "c.tiff") as pages:
        assert max(page.offset for page in pages.pages) < min(o for page in pages.pages for o in page.dataoffsets)


@pytest.mark.parametrize(("bits", "bands"), [(15, 1), (8, 1), (8, 3)])
def test_a_jp2_of_many_tiles_is_decoded_as_it_was_filled(bits, bands):
    raster = jp2.Raster(2500, bits, bands, 32633, 399960, 4600020, 10)
    data = jp2.encode(raster, lambda row, column: jp2.Fill(10 * row + column + 5, ramp=(row, column) == (1, 1)))
    pixels = imagecodecs.jpeg2k_decode(data)
    assert pixels.shape[:2] == (2500, 2500)
    first = pixels[..., 0] if bands > 1 else pixels
    y, x = np.mgrid[0:1024, 0:1024]
    np.testing.assert_array_equal(first[1024:2048, 1024:2048], (16 + x + y) % (250 if bits == 8 else 16000))
    assert (first[2048:, 2048:] == 27).all()
    assert (first[:1024, 1024:2048] == 6).all()


def test_a_jp2_knows_where_it_lies_and_how_it_is_tiled(tmp_path):
    raster = jp2.Raster(10980, 15, 1, 32633, 399960, 4600020, 10)
    path = tmp_path / "b.jp2"
    path.write_bytes(jp2.encode(raster, lambda row, column: jp2.Fill(1000 + row), tlm=True))
    with rasterio.open(path) as image:
        assert image.crs.to_epsg() == 32633
        assert image.transform[:6] == (10, 0, 399960, 0, -10, 4600020)
        assert image.shape == (10980, 10980)
        assert image.block_shapes == [(1024, 1024)]
        window = image.read(1, window=((10900, 10980), (0, 10)))
    assert (window == 1010).all()


def test_tlm_tells_the_length_of_every_tile_part():
    raster = jp2.Raster(2500, 15, 1, 32633, 0, 0, 10)
    data = jp2.encode(raster, lambda row, column: jp2.Fill(row * 3 + column), tlm=True)
    plain = jp2.encode(raster, lambda row, column: jp2.Fill(row * 3 + column))
    assert b"\xff\x55" not in plain[: plain.index(b"\xff\x90\x00\x0a")]
    at = data.index(b"\xff\x55")
    length, _, kind = struct.unpack_from(">HBB", data, at + 2)
    assert (kind, length) == (0x60, 4 + 6 * 9)
    place = data.index(b"\xff\x90\x00\x0a")
    for tile in range(9):
        number, size = struct.unpack_from(">HI", data, at + 6 + 6 * tile)
        assert struct.unpack_from(">HHHI", data, place) == (0xFF90, 10, tile, size)
        assert number == tile
        place += size
    assert data[place : place + 2] == b"\xff\xd9"


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))
def test_pictures_are_png(rows, columns, bands):
    random = np.random.default_rng(rows * 41 + columns)
    image = random.integers(0, 256, (rows, columns, bands), dtype=np.uint8).squeeze(-1 if bands == 1 else ())
    opened = Pillow.open(io.BytesIO(png.encode(image)))
    np.testing.assert_array_equal(np.asarray(opened), image)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), min_size=1))
def test_text_and_attributes_survive_xml(text):
    root = etree.fromstring(render(el("a", el("b", text, attributes={"x": text}))))
    assert root.findtext("b") == text
    assert root.find("b").get("x").split() == text.split()


def test_lists_are_counted():
    root = etree.fromstring(render(counted("list", [values("v", [1, 2.5], "%.1f"), values("v", [], "%d")])))
    assert root.get("count") == "2"
    assert [(v.get("count"), v.text) for v in root] == [("2", "1.0 2.5"), ("0", None)]
