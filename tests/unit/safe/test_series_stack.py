"""A stack of rasters is what numpy makes of the whole files, and asks for nothing else than its windows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import FormatError
from phistac.safe.byteranges import POURED, answer
from phistac.safe.raster import Raster, Run
from phistac.safe.stack import Layer, Stack

LINES, SAMPLES = 11, 9
PLACES = [(0, 2, 8, 7), (3, 0, 8, 6), (1, 1, 7, 8)]  # line, pixel, lines, samples


def make() -> tuple[Stack, dict[str, bytes], np.ndarray]:
    random, layers, files = np.random.default_rng(0), [], {}
    cube = np.zeros((len(PLACES), LINES, SAMPLES), "c8")
    for number, (line, pixel, lines, samples) in enumerate(PLACES):
        pairs = random.integers(-500, 500, (lines, samples, 2)).astype("<i2")
        path, head = f"p{number}.SAFE/m.tiff", 10 + number
        files[path] = bytes(head) + pairs.tobytes() + bytes(5)
        raster = Raster(path, (lines, samples), "cint16", (Run(0, lines, head),), len(files[path]))
        layers.append(Layer(raster, line, pixel))
        cube[number, line : line + lines, pixel : pixel + samples] = pairs[..., 0] + 1j * pairs[..., 1]
    return Stack(tuple(layers), LINES, SAMPLES), files, cube


def axis(size: int):
    bound = st.integers(-size, size - 1)
    slices = st.slices(size)
    arrays = st.lists(bound, max_size=5).map(lambda found: np.array(found, dtype=int))
    return bound | slices | arrays


def pour(data: bytes, sink, random):
    """Hand bytes on as the wire might: cut anywhere, in any order."""
    cuts = sorted({0, len(data), *(random.randrange(len(data) + 1) for _ in range(5))})
    pieces = list(pairwise(cuts))
    random.shuffle(pieces)
    for start, stop in pieces:
        sink(start, memoryview(data)[start:stop])
    return POURED


@given(st.tuples(axis(3), axis(LINES), axis(SAMPLES)), st.randoms(use_true_random=False))
def test_any_selection_is_numpys_by_one_batch_of_needed_bytes(key, random):
    stack, files, cube = make()
    batches = []

    def read(ranges):
        batches.append(ranges)
        return [pour(files[r.path][r.start : r.stop], r.sink, random) for r in ranges]

    found = answer(stack.read(key), read)
    expected = cube
    for number, part in reversed(list(enumerate(key))):
        expected = (
            np.take(expected, part, number)
            if not isinstance(part, slice)
            else expected[(slice(None),) * number + (part,)]
        )
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.complex64
    assert len(batches) <= 1
    wanted = {f"p{number}.SAFE/m.tiff" for number in np.atleast_1d(np.arange(3)[key[0]])}
    assert {r.path for batch in batches for r in batch} <= wanted


def test_what_lies_outside_a_burst_costs_nothing():
    stack, _, cube = make()
    found = answer(stack.read((0, slice(8, 11), slice(None))), lambda ranges: pytest.fail(f"asked for {ranges}"))
    np.testing.assert_array_equal(found, cube[0, 8:11])
    assert not found.any()


def test_a_stack_holds_its_layers():
    stack, _, _ = make()
    with pytest.raises(FormatError, match="within the grid"):
        Stack(stack.layers, LINES - 1, SAMPLES)
    with pytest.raises(FormatError, match="within the grid"):
        Stack((Layer(stack.layers[0].raster, 0, -1),), LINES, SAMPLES)
    gray = Raster("a", (1, 1), "uint16", (Run(0, 1, 0),), 2)
    with pytest.raises(FormatError, match="one type"):
        Stack((*stack.layers, Layer(gray, 0, 0)), LINES, SAMPLES)
    with pytest.raises(FormatError, match="one type"):
        Stack((), LINES, SAMPLES)
