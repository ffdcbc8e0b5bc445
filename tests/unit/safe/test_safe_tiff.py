"""The TIFF indexer against rasterio and tifffile, and against broken files."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.byteranges import answer
from phistac.safe.tiff import TiffImage, index_tiff

ALL = (slice(None), slice(None))


def esa_like(pixels: np.ndarray, *, order: str = "<", gap: int = 0) -> bytes:
    """A measurement as ESA writes it: one-row strips, pixels first, the live directory at the end."""
    lines, samples = pixels.shape
    if pixels.dtype.kind == "c":
        raw = np.stack([pixels.real, pixels.imag], axis=-1).astype(order + "i2")
        bits, sample_format = 32, 5
    else:
        raw, bits, sample_format = pixels.astype(order + "u2"), 16, 1
    row = samples * bits // 8
    body = b"".join(raw[line].tobytes() + b"\xaa" * gap for line in range(lines))
    first = 8 + 107
    offsets = [first + line * (row + gap) for line in range(lines)]
    at = first + len(body)
    arrays = struct.pack(f"{order}{lines}I", *offsets) + struct.pack(f"{order}{lines}I", *[row] * lines)
    directory = at + len(arrays)
    tags = [
        (256, 4, 1, samples), (257, 4, 1, lines), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, lines, at),
        (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, lines, at + 4 * lines), (339, 3, 1, sample_format),
    ]  # fmt: skip
    entries = b"".join(
        struct.pack(order + "HHI", tag, kind, count)
        + (struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value))
        for tag, kind, count, value in tags
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, directory)
    return (
        head + b"\0" * 107 + body + arrays + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)
    )


def noise(lines: int, samples: int, *, detected: bool = False) -> np.ndarray:
    made = np.random.default_rng(1)
    if detected:
        return made.integers(0, 65535, (lines, samples)).astype(np.uint16)
    pairs = made.integers(-32768, 32767, (2, lines, samples))
    return (pairs[0] + 1j * pairs[1]).astype(np.complex64)


def indexed(data: bytes, shape: tuple[int, int], pixel: str, steps: list | None = None):
    def read(ranges):
        if steps is not None:
            steps.append([(r.start, r.stop) for r in ranges])
        return [data[r.start : r.stop] for r in ranges]

    raster = answer(index_tiff("x.tiff", size=len(data), shape=shape, pixel=pixel), read)
    return answer(raster.read(ALL), read)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixel", ["cint16", "uint16"])
def test_files_of_esas_layout_read_as_rasterio_reads_them(tmp_path, order, pixel):
    rasterio = pytest.importorskip("rasterio")
    pixels = noise(40, 23, detected=pixel == "uint16")
    (tmp_path / "x.tiff").write_bytes(esa_like(pixels, order=order))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no georeference
        with rasterio.open(tmp_path / "x.tiff") as file:
            expected = file.read(1)
    np.testing.assert_array_equal(expected, pixels)
    steps: list = []
    found = indexed((tmp_path / "x.tiff").read_bytes(), (40, 23), pixel, steps)
    np.testing.assert_array_equal(found, expected)
    assert len(steps) == 2  # header and tail together, then pixels


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_strips_of_many_rows_as_tifffile_writes_them(tmp_path, rows):
    tifffile = pytest.importorskip("tifffile")
    pixels = noise(40, 23, detected=True)
    tifffile.imwrite(tmp_path / "x.tiff", pixels, rowsperstrip=rows)
    np.testing.assert_array_equal(indexed((tmp_path / "x.tiff").read_bytes(), (40, 23), "uint16"), pixels)


def test_what_is_not_read_is_refused_by_name(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    pixels = noise(64, 64, detected=True)
    for name, options in {
        "compressed in a way": {"compression": "lzma"},
        "more than one band": {"planarconfig": "contig"},
        "predictor 3": {"compression": "zlib", "predictor": 3},
    }.items():
        image = np.stack([pixels] * 3, axis=-1) if "band" in name else pixels.astype("f4" if "3" in name else "u2")
        tifffile.imwrite(tmp_path / "x.tiff", image, **options)
        with pytest.raises(FormatError, match=name):
            indexed((tmp_path / "x.tiff").read_bytes(), (64, 64), "float32" if "3" in name else "uint16")
    gaps = esa_like(noise(9, 5), gap=3)
    with pytest.raises(FormatError, match="one behind the other"):
        indexed(gaps, (9, 5), "cint16")
    for shape, pixel in (((64, 63), "uint16"), ((63, 64), "uint16"), ((64, 64), "cint16")):
        tifffile.imwrite(tmp_path / "x.tiff", pixels)
        with pytest.raises(FormatError, match="does not belong"):
            indexed((tmp_path / "x.tiff").read_bytes(), shape, pixel)


def test_cut_off_anywhere_is_an_error():
    data = esa_like(noise(9, 5))
    for size in range(len(data) - 4):  # the last four bytes point to a next directory: there is none
        with pytest.raises(FormatError):
            indexed(data[:size], (9, 5), "cint16")


@settings(max_examples=300)
@given(st.data())
def test_flipped_bytes_outside_the_pixels_never_change_them(data):
    pixels = noise(6, 4)
    whole = bytearray(esa_like(pixels))
    body = range(8 + 107, 8 + 107 + 6 * 4 * 4)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from([i for i in range(len(whole)) if i not in body]))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        found = indexed(bytes(whole), (6, 4), "cint16")
    except FormatError:
        return
    np.testing.assert_array_equal(found, pixels)


def test_an_image_not_looked_up_yet_says_what_it_will_be():
    image = TiffImage("x.tiff", 1000, (3, 4), "cint16")
    assert image.dtype == np.complex64
    first = next(image.index())
    assert [(r.start, r.stop) for r in first] == [(0, 16), (16, 1000)]
