"""Calibration and noise tables on pixels: against SciPy's interpolation, and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from phistac.errors import FormatError
from phistac.safe.sentinel1.noise import AzimuthNoise
from phistac.safe.sentinel1.radiometry import Radiometry, Table

LINE, PIXEL = np.array([-50, 0, 130, 200]), np.array([0, 40, 80, 99])
VALUES = np.random.default_rng(2).uniform(200, 300, (4, 4)).astype("f4")
places = st.lists(st.integers(-50, 200), min_size=1, max_size=9)


@settings(deadline=None)
@given(line=places, pixel=st.lists(st.integers(0, 99), min_size=1, max_size=9))
def test_between_its_places_a_table_is_bilinear(line, pixel):
    scipys = RegularGridInterpolator((LINE, PIXEL), VALUES.astype("f8"))
    expected = scipys(np.stack(np.meshgrid(line, pixel, indexing="ij"), axis=-1))
    np.testing.assert_allclose(Table(LINE, PIXEL, VALUES).at(np.array(line), np.array(pixel)), expected, rtol=1e-12)


def test_beyond_its_edges_a_table_is_constant():
    table = Table(LINE, PIXEL, VALUES)
    corners = table.at(np.array([-999, 999]), np.array([-5, 500]))
    np.testing.assert_array_equal(corners, VALUES[[0, 0, -1, -1], [0, -1, 0, -1]].reshape(2, 2))
    alone = Table(np.array([7]), np.array([3]), np.array([[2.5]]))
    np.testing.assert_array_equal(alone.at(np.array([0, 7, 9]), np.array([1, 3])), np.full((3, 2), 2.5))


def flat(value: float) -> Table:
    return Table(np.array([0, 10]), np.array([0, 10]), np.full((2, 2), value, "f4"))


def test_by_hand():
    line, pixel = np.array([0, 5]), np.array([1, 2, 8])
    numbers = np.array([[3 + 4j, 0, 1j], [6 - 8j, 2, 5]], "c8")
    np.testing.assert_array_equal(
        Radiometry(flat(10)).intensity(numbers, line, pixel), np.float32([[0.25, 0, 0.01], [1, 0.04, 0.25]])
    )
    np.testing.assert_array_equal(
        Radiometry(flat(10), flat(5)).intensity(numbers, line, pixel),
        np.float32([[0.2, 0, -0.04], [0.95, -0.01, 0.2]]),
    )
    detected = np.array([[0, 7, 65535], [1, 2, 3]], "u2")
    np.testing.assert_allclose(
        Radiometry(flat(7)).intensity(detected, line, pixel)[0], [0, 1, (65535 / 7) ** 2], rtol=1e-6
    )


def test_azimuth_noise_holds_in_its_block_only():
    blocks = (
        AzimuthNoise("IW1", (0, 10, 0, 1), np.array([0, 10]), np.array([1, 3], "f4")),
        AzimuthNoise("IW2", (0, 10, 2, 3), np.array([0]), np.array([10], "f4")),
    )
    found = Radiometry(flat(1), flat(2), blocks).intensity(
        np.full((3, 5), 10, "u2"), np.array([0, 5, 10]), np.array([0, 1, 2, 3, 4])
    )
    np.testing.assert_array_equal(found[:, 0], [98, 96, 94])
    np.testing.assert_array_equal(found[:, 1], found[:, 0])
    np.testing.assert_array_equal(found[:, 2:4], 80)
    assert np.isnan(found[:, 4]).all()  # no block says how much noise there is


def test_large_images_are_made_in_steps():
    numbers = np.random.default_rng(1).integers(0, 99, (9, 400_000)).astype("u2")
    radiometry = Radiometry(Table(LINE, PIXEL * 4000, VALUES), flat(50))
    line, pixel = np.arange(9), np.arange(400_000)
    found = radiometry.intensity(numbers, line, pixel)
    np.testing.assert_array_equal(
        found[8:, 5::1000], radiometry.intensity(numbers[8:, 5::1000], line[8:], pixel[5::1000])
    )


def test_tables_that_are_none():
    for line, values, match in (
        ([0, 0, 130, 200], VALUES, "do not rise"),
        ([0, 1, 2], VALUES, "shape"),
        (LINE, np.where(VALUES < 220, np.nan, VALUES), "no numbers"),
    ):
        with pytest.raises(FormatError, match=match):
            Table(np.array(line), PIXEL, values)
    with pytest.raises(FormatError, match="shape"):
        Table(LINE[:0], PIXEL[:0], VALUES[:0, :0])
    with pytest.raises(FormatError, match="not above 0"):
        Radiometry(flat(0))
    with pytest.raises(FormatError, match="azimuth noise of IW1"):
        Radiometry(flat(1), flat(1), (AzimuthNoise("IW1", (0, 1, 0, 1), np.array([1, 1]), np.array([1, 1], "f4")),))
