"""Broken TIFFs of every layout: GDAL's pixels or a FormatError, never another error, never more bytes than the file has."""

from __future__ import annotations

import functools
import itertools
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.byteranges import answer
from phistac.safe.tiff import index_tiff

rasterio = pytest.importorskip("rasterio")
tifffile = pytest.importorskip("tifffile")
from rasterio.io import MemoryFile  # noqa: E402 - behind the skip

SHAPE = (20, 35)
LAYOUTS = [{"blockysize": 1}, {"blockysize": 6}, {"tiled": True, "blockxsize": 16, "blockysize": 16}]
CODECS = [{"compress": name, "predictor": n} for name in ("LZW", "DEFLATE", "ZSTD") for n in (1, 2)]
KINDS = {"uint16": "uint16", "complex_int16": "cint16", "complex64": "cint16"}


def written(dtype: str, **options) -> tuple[bytes, np.ndarray]:
    parts = np.random.default_rng(3).integers(0, 999, (2, *SHAPE))
    image = parts[0].astype("u2") if dtype == "uint16" else (parts[0] + 1j * parts[1]).astype("c8")
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=35, height=20, count=1, dtype=dtype, **options) as file:
            file.write(image, 1)
        return bytes(memory.getbuffer()), image


@functools.cache
def files():
    """Every layout, codec, byte order and size of offsets; no fixture: hypothesis would print it."""
    made = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no georeference
        for dtype, layout, codec, order, big in itertools.product(
            KINDS, LAYOUTS, [{"compress": "NONE"}, *CODECS], ("LITTLE", "BIG"), ("YES", "NO")
        ):
            made.append((KINDS[dtype], *written(dtype, **layout, **codec, ENDIANNESS=order, BIGTIFF=big)))
    return made


def ours(data: bytes, kind: str, path: str) -> np.ndarray:
    asked = 0

    def read(ranges):
        nonlocal asked
        assert all(0 <= r.start <= r.stop <= len(data) for r in ranges)
        asked += sum(r.size for r in ranges)
        assert asked <= 4 * len(data)
        return [data[r.start : r.stop] for r in ranges]

    raster = answer(index_tiff(path, size=len(data), shape=SHAPE, pixel=kind), read)
    return answer(raster.read((slice(None), slice(None))), read)


def theirs(data: bytes):
    """What GDAL and tifffile make of it, as far as they make anything of it."""
    import io
    import logging

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with MemoryFile(data) as memory, memory.open() as file:
                yield file.read(1)
        except (rasterio.errors.RasterioError, ValueError):
            pass
        logging.disable(logging.CRITICAL)
        try:
            yield tifffile.TiffFile(io.BytesIO(data)).pages.first.asarray()
        except Exception:  # noqa: BLE001 - whatever it raises for a broken file
            pass
        finally:
            logging.disable(logging.NOTSET)


NUMBERS = [0, 1, 2, 7, 8, 15, 16, 17, 32, 255, 256, 65535, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1]
"""What goes wrong where numbers are trusted."""
WORDS = st.builds(
    lambda code, value: struct.pack(code, value % 256 ** struct.calcsize(code)),
    st.sampled_from(["<H", ">H", "<I", ">I", "<Q", ">Q"]),
    st.sampled_from(NUMBERS),
)
CHANGE = st.tuples(st.booleans(), st.integers(0, 65535), st.binary(min_size=1, max_size=1) | WORDS)
"""Whether near the directory, where, and what to."""


def damaged(whole: bytes, changes, end: int | None) -> bytes:
    """Change some bytes, near the directory or anywhere, and cut the end off."""
    broken, spots = bytearray(whole), directory_bytes(whole)
    for near, place, value in changes:
        at = spots[place % len(spots)] if near else place % len(whole)
        broken[at : at + len(value)] = value[: len(whole) - at]
    return bytes(broken[: None if end is None else end % len(whole)])


def directory_bytes(data: bytes) -> list[int]:
    """Where a change hurts most: the header, and the first directory with its numbers."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    (offset,) = struct.unpack(order + ("Q" if big else "I"), data[8:16] if big else data[4:8])
    head, entry = (8, 20) if big else (2, 12)
    entries = int.from_bytes(data[offset : offset + head], "little" if order == "<" else "big")
    return [*range(16), *range(offset, offset + head + entries * entry)]


@settings(max_examples=400, deadline=None)
@given(
    number=st.integers(0, 3 * 3 * 7 * 4 - 1),
    changes=st.lists(CHANGE, max_size=4),
    end=st.none() | st.integers(0, 65535),
    path=st.sampled_from(["x.tiff", "x-cog.tiff"]),
)
def test_damaged_files_give_gdals_pixels_or_a_format_error(number, changes, end, path):
    kind, whole, image = files()[number]
    broken = damaged(whole, changes, end)
    try:
        found = ours(broken, kind, path)
    except FormatError:
        return
    assert found.shape == SHAPE
    if np.array_equal(found, image, equal_nan=True):
        return
    # GDAL may refuse a directory for a tag that no pixel depends on: then its own reading of the rest is asked for.
    rest = bytearray(broken)
    for place in directory_bytes(whole):
        rest[place : place + 1] = whole[place : place + 1] if place < len(rest) else b""
    readings = [*theirs(broken), *theirs(bytes(rest))]
    assert any(np.array_equal(found, other, equal_nan=True) for other in readings)


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0", b""]),
    rest=st.binary(max_size=400),
)
def test_noise_is_a_format_error(head, rest):
    with pytest.raises(FormatError):
        ours(head + rest, "uint16", "x.tiff")


@pytest.mark.parametrize("big", ["YES", "NO"])
def test_every_early_end_is_noticed(big):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data, image = written("uint16", **LAYOUTS[2], compress="DEFLATE", BIGTIFF=big)
    for size in range(len(data)):
        try:
            np.testing.assert_array_equal(ours(data[:size], "uint16", "x.tiff"), image)
        except FormatError:
            continue
        assert size >= len(data) - 16  # behind the last block nothing matters


def test_a_directory_that_points_to_itself_and_numbers_beyond_all_bounds_end_at_once():
    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, count, value)

    shape = [entry(256, 4, 1, 35), entry(257, 4, 1, 20), entry(258, 3, 1, 16), entry(339, 3, 1, 1)]
    for wrong, match in (
        (entry(324, 4, 2**32 - 1, 8), "tag 324 is malformed"),
        (entry(324, 4, 200, 2**32 - 1), "cut off"),
        (entry(273, 12, 1, 8), "tag 273 is malformed"),
        (entry(273, 4, 0, 8), "tag 273 is malformed"),
        (entry(322, 4, 1, 2**31), "tag 323 is missing"),
    ):
        entries = b"".join([*shape, wrong])
        data = struct.pack("<2sHIH", b"II", 42, 8, 5) + entries + struct.pack("<I", 8) + bytes(64)
        with pytest.raises(FormatError, match=match):
            ours(data, "uint16", "x.tiff")
    entries = b"".join(
        [*shape, entry(322, 4, 1, 2**31), entry(323, 4, 1, 2**31), entry(324, 4, 1, 8), entry(325, 4, 1, 9)]
    )
    data = struct.pack("<2sHIH", b"II", 42, 8, 8) + entries + bytes(64)
    with pytest.raises(FormatError, match="blocks of 2147483648 x 2147483648 pixels"):
        ours(data, "uint16", "x.tiff")
