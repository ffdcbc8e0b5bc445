"""Windows of uncompressed rasters: exactly the bytes wanted, exactly numpy's pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.byteranges import answer
from phistac.safe.manifest import ManifestObject
from phistac.safe.raster import Raster, Run
from phistac.safe.sentinel1.bursts import Burst, SwathTiming
from phistac.safe.sentinel1.image import ImageInfo
from phistac.safe.sentinel1.pixels import burst_raster

LINES, SAMPLES, HEADER, GAP = 12, 7, 9, 5


def image(runs: int) -> tuple[bytes, Raster, np.ndarray]:
    """A file of int16 pairs in some runs of rows, last run first, with gaps between them."""
    numbers = np.arange(LINES * SAMPLES * 2, dtype="<i2").reshape(LINES, SAMPLES, 2)
    data, placed = b"\xff" * HEADER, []
    for part in reversed(np.array_split(np.arange(LINES), runs)):
        placed.append(Run(int(part[0]), part.size, len(data)))
        data += numbers[part].tobytes() + b"\xff" * GAP
    pixels = (numbers[..., 0] + 1j * numbers[..., 1]).astype(np.complex64)
    return (
        data,
        Raster("x", (LINES, SAMPLES), "cint16", tuple(sorted(placed, key=lambda run: run.line)), len(data)),
        pixels,
    )


def axis(size: int) -> st.SearchStrategy:
    ends = st.none() | st.integers(-size - 1, size + 1)
    slices = st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, 3, -1, -2]))
    arrays = st.lists(st.integers(-size, size - 1), min_size=1, max_size=size).map(np.array)
    return st.integers(-size, size - 1) | slices | arrays


@given(st.sampled_from([1, 2, 5, LINES]), axis(LINES), axis(SAMPLES))
def test_any_window_is_numpys_and_moves_its_bytes_once(runs, lines, samples):
    data, raster, pixels = image(runs)
    moved: list[tuple[int, int]] = []

    def read(ranges):
        moved.extend((r.start, r.stop) for r in ranges)
        return [data[r.start : r.stop] for r in ranges]

    found = answer(raster.read((lines, samples)), read)
    rows = np.arange(LINES)[lines]
    columns = np.arange(SAMPLES)[samples]
    np.testing.assert_array_equal(found, pixels[lines][..., samples])
    assert found.dtype == np.complex64
    # exact cover: the span of wanted samples of every wanted line, each byte once
    wanted = set()
    if np.size(rows) and np.size(columns):
        for line in np.unique(rows):
            run = next(r for r in raster.runs if r.line <= line < r.line + r.lines)
            row = run.offset + (int(line) - run.line) * SAMPLES * 4
            wanted |= set(range(row + int(np.min(columns)) * 4, row + (int(np.max(columns)) + 1) * 4))
    assert sorted(byte for start, stop in moved for byte in range(start, stop)) == sorted(wanted)


def test_a_contiguous_image_is_one_range_whatever_rows_of_it_are_read():
    _, raster, _ = image(1)
    (asked,) = next(raster.read((slice(3, 9), slice(None))))
    assert (asked.start, asked.stop) == (HEADER + 3 * SAMPLES * 4, HEADER + 9 * SAMPLES * 4)


def test_big_endian_and_detected_pixels():
    data = bytes(8) + np.arange(6, dtype=">u2").tobytes()
    raster = Raster("x", (2, 3), "uint16", (Run(0, 2, 8),), len(data), ">")
    found = answer(raster.read((slice(None), slice(None))), lambda ranges: [data[r.start : r.stop] for r in ranges])
    np.testing.assert_array_equal(found, np.arange(6, dtype=np.uint16).reshape(2, 3))


@pytest.mark.parametrize(
    ("runs", "size"),
    [
        ([Run(0, 2, 8)], 1000),  # a row is missing
        ([Run(0, 4, 8)], 1000),  # one too many
        ([Run(0, 1, 8), Run(2, 2, 50)], 1000),
        ([Run(0, 3, 8)], 8 + 3 * 12 - 1),  # the last byte would be behind the end
        ([Run(0, 2, 8), Run(2, 1, 20)], 1000),  # overlap
        ([Run(0, 3, -1)], 1000),
        ([], 1000),
    ],
)
def test_indexes_that_contradict_themselves_are_refused(runs, size):
    with pytest.raises(FormatError):
        Raster("x", (3, 3), "cint16", tuple(runs), size)


def timing(offsets: list[int], lines: int = 4, samples: int = 5) -> SwathTiming:
    valid = np.zeros(lines, np.int64)
    moment = "2021-01-01T00:00:00"
    bursts = [Burst(i, offset, moment, moment, 0.0, valid, valid, None, None) for i, offset in enumerate(offsets)]
    return SwathTiming(lines, samples, tuple(bursts))


def info(lines: int, samples: int = 5) -> ImageInfo:
    texts = ("IW1", "VV", "IW", "SLC", lines, samples, "cint16", "Slant Range", "", "", "")
    return ImageInfo(*texts, 0, 0, 0, 0, 0, 0, 0, 0)


def test_bursts_one_behind_the_other_are_one_run():
    file = ManifestObject("x", 1000, None, None, "", "")
    raster = burst_raster(info(12), timing([100, 180, 260]), file)
    assert raster.runs == (Run(0, 12, 100),)
    apart = burst_raster(info(12), timing([100, 181, 261]), file)
    assert apart.runs == (Run(0, 4, 100), Run(4, 8, 181))


@pytest.mark.parametrize(
    ("offsets", "lines"),
    [
        ([100, 180], 12),
        ([], 0),
        ([100, 120, 260], 12),
        ([100, 180, 960], 12),
        ([0, 180, 260], 12),
        ([100, 180, 260], 13),
    ],
)
def test_wrong_offsets_are_refused(offsets, lines):
    with pytest.raises(FormatError):
        burst_raster(info(lines), timing(offsets), ManifestObject("x", 1000, None, None, "", ""))
