"""Numbers are what numpy makes of the whole file, however it is cut on its way here."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.safe.pouring import Numbers


@pytest.mark.parametrize(
    ("stored", "kept"), [("<i2", "f4"), (">i2", "f4"), ("<u2", "u2"), (">u2", "u2"), ("u1", "u1"), ("<f4", "f4")]
)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_cut_anywhere_in_any_order(stored, kept, data):
    count = data.draw(st.integers(1, 40))
    size = count * np.dtype(stored).itemsize
    raw = data.draw(st.binary(min_size=size, max_size=size))
    origin = data.draw(st.integers(0, size))  # two ranges, which may part a number
    edges = sorted({0, origin, size, *data.draw(st.lists(st.integers(0, size), max_size=12))})
    pieces = data.draw(st.permutations(list(pairwise(edges))))
    pieces += data.draw(st.lists(st.sampled_from(pieces), max_size=3)) if pieces else []  # some come twice
    numbers = Numbers(count, np.dtype(stored), np.dtype(kept))
    sinks = {0: numbers.sink(0), origin: numbers.sink(origin)}
    for start, stop in pieces:
        base = origin if start >= origin else 0
        sinks[base](start - base, memoryview(raw)[start:stop])
    np.testing.assert_array_equal(numbers.values, np.frombuffer(raw, stored).astype(kept))
    assert numbers.values.dtype == np.dtype(kept)
