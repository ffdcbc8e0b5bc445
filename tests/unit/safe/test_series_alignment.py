"""Where the bursts of several dates lie on one grid, against orbits and grids worked out by hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import FormatError, QueryError
from phistac.safe.alignment import BurstShape, Sampling, agree, common_grid, seen_lines
from phistac.safe.sentinel1 import Document, GeolocationGrid, Orbit, geolocation, orbit
from phistac.safe.zero_doppler import earth_fixed, seen_s

RADIUS, RATE = 7_070_000.0, 2 * math.pi / 5924.57
START = np.datetime64("2025-04-06T02:20:10", "ns")


def circular(since_s, *, early_s: float = 0.0, every_s: float = 10.0, count: int = 17, tilt: float = 1.7) -> Orbit:
    """A circular orbit whose satellite is at angle zero ``early_s`` before START."""
    seconds = since_s + every_s * np.arange(count)
    angle = RATE * (seconds + early_s)
    u = np.array([[1.0, 0.0, 0.0], [0.0, math.cos(tilt), math.sin(tilt)]])
    position = RADIUS * (np.outer(u[0], np.cos(angle)) + np.outer(u[1], np.sin(angle)))
    velocity = RADIUS * RATE * (np.outer(u[1], np.cos(angle)) - np.outer(u[0], np.sin(angle)))
    return Orbit(START + np.round(seconds * 1e9).astype("timedelta64[ns]"), position, velocity, "Earth Fixed")


def beside(angle: float, *, tilt: float = 1.7, aside: float = 0.09) -> np.ndarray:
    """The point on a sphere that is abeam of the satellite when it is at this angle."""
    along = math.cos(angle) * np.array([1.0, 0, 0]) + math.sin(angle) * np.array([0, math.cos(tilt), math.sin(tilt)])
    normal = np.array([0.0, -math.sin(tilt), math.cos(tilt)])
    return 6_371_000.0 * (math.cos(aside) * along + math.sin(aside) * normal)


@given(st.floats(-60, 60), st.floats(0.01, 0.15))
def test_a_point_abeam_of_a_circular_orbit_is_seen_when_the_satellite_passes(moment, aside):
    point = beside(RATE * moment, aside=aside)
    assert seen_s(circular(-80.0), point, START) == pytest.approx(moment, abs=5e-6)  # a 400th of a line


def test_an_orbit_is_not_followed_where_it_does_not_go():
    with pytest.raises(FormatError, match="does not reach"):
        seen_s(circular(-80.0), beside(RATE * 120.0), START)
    with pytest.raises(FormatError, match="in order"):
        seen_s(circular(-80.0, count=1), beside(0.0), START)
    backwards = circular(-80.0)
    with pytest.raises(FormatError, match="in order"):
        seen_s(replace(backwards, time=backwards.time[::-1]), beside(0.0), START)


@given(st.floats(-180, 180), st.floats(-89.9, 89.9), st.floats(-400, 9000))
def test_positions_are_pyprojs(longitude, latitude, height):
    expected = pyproj.Transformer.from_crs(4979, 4978, always_xy=True).transform(longitude, latitude, height)
    np.testing.assert_allclose(earth_fixed(longitude, latitude, height), expected, atol=1e-3)


def shape(*, start=START, near=5.0e-3, lines=100, samples=50) -> BurstShape:
    return BurstShape(start, near, lines, samples)


def test_lines_meet_on_the_ground_whatever_the_clock_says():
    """The second satellite is 1.5 s ahead of the first on the same circle and begins its burst 4.1 ms too late."""
    interval = 2.0e-3
    point = beside(RATE * 0.1)
    longitude, latitude, height = pyproj.Transformer.from_crs(4978, 4979, always_xy=True).transform(*point)
    times = START + np.array([-2, 0, 3], "timedelta64[s]")
    values = {"longitude": longitude, "latitude": latitude, "height": height}
    ground = GeolocationGrid(
        np.arange(3), np.arange(2), times, np.array([5.0e-3, 5.1e-3]),
        {name: np.full((3, 2), value) for name, value in values.items()},
    )  # fmt: skip
    later = START + np.timedelta64(round((-1.5 + 0.0041) * 1e9), "ns")
    seen = seen_lines([shape(), shape(start=later)], [circular(-80), circular(-80, early_s=1.5)], ground, interval)
    assert seen == pytest.approx((50.0, 50.0 - 2.05), abs=1e-3)
    grid = common_grid([shape(), shape(start=later)], seen, 64e6, ["a", "b"])
    assert grid.line == (0, 2)
    assert grid.line_shift == pytest.approx((0.0, 0.05), abs=1e-3)


def test_a_grid_by_hand():
    """Range: 5.000, 5.005 and 4.9971 ms at 1 MHz are 0, 5 and -2.9 samples; lines: +2, 0 and -1.25 from the first."""
    shapes = [shape(), shape(near=5.005e-3, samples=60), shape(near=4.9971e-3, lines=99)]
    grid = common_grid(shapes, (10.0, 8.0, 11.25), 1e6, ["a", "b", "c"])
    assert grid.pixel == (3, 8, 0)
    assert grid.pixel_shift == pytest.approx((0.0, 0.0, 0.1), abs=1e-9)
    assert grid.line == (1, 3, 0)
    assert grid.line_shift == pytest.approx((0.0, 0.0, -0.25))
    assert (grid.lines, grid.samples) == (103, 68)
    assert grid.slant_range_time == pytest.approx(4.997e-3)


@given(
    st.lists(
        st.tuples(st.floats(-20, 20), st.floats(-10, 10), st.integers(91, 120), st.integers(46, 70)),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_every_burst_fits_and_the_grid_is_not_larger(dates):
    dates[0] = (0.0, 0.0, *dates[0][2:])
    shapes = [shape(near=5e-3 + along / 1e6, lines=lines, samples=samples) for _, along, lines, samples in dates]
    grid = common_grid(shapes, [200.0 - down for down, *_ in dates], 1e6, [str(n) for n in range(len(dates))])
    assert min(grid.line) == min(grid.pixel) == 0
    assert max(top + each.lines for top, each in zip(grid.line, shapes, strict=True)) == grid.lines
    assert max(near + each.samples for near, each in zip(grid.pixel, shapes, strict=True)) == grid.samples
    for (down, along, *_), line, pixel, more, aside in zip(
        dates, grid.line, grid.pixel, grid.line_shift, grid.pixel_shift, strict=True
    ):
        assert abs(more) <= 0.5
        assert abs(aside) <= 0.5 + 1e-6
        assert line - grid.line[0] + more == pytest.approx(down, abs=1e-6)
        assert pixel - grid.pixel[0] + aside == pytest.approx(along, abs=1e-6)
        found = grid.slant_range_time + (pixel + aside) / 1e6
        assert found == pytest.approx(5e-3 + along / 1e6, abs=1e-12)


@pytest.mark.parametrize(("seen", "near"), [(25.0, 5e-3), (-90.0, 5e-3), (0.0, 5.02e-3), (math.nan, 5e-3)])
def test_another_burst_is_not_aligned(seen, near):
    with pytest.raises(FormatError, match="late lies"):
        common_grid([shape(), shape(near=near)], (0.0, seen), 1e6, ["early", "late"])


SAMPLING = Sampling("IW", "IW2", "cint16", 64345238.12571428, 5.405000454334350e09, 2.055556299999998e-03)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "EW"),
        ("swath", "IW1"),
        ("pixel", "uint16"),
        ("range_sampling_rate", 64345238.12571428 * 1.00001),
        ("radar_frequency", 5.406e9),
        ("azimuth_time_interval", 2.0556e-03),
    ],
)
def test_what_differs_is_named_with_both_items(key, value):
    with pytest.raises(QueryError, match=f"{key} is .* in first, .* in third"):
        agree([SAMPLING, SAMPLING, replace(SAMPLING, **{key: value})], ["first", "second", "third"])


def test_the_last_digit_of_a_rate_is_no_difference():
    close = replace(SAMPLING, azimuth_time_interval=2.0555563e-03, range_sampling_rate=64345238.1257)
    assert agree([SAMPLING, close], ["a", "b"]) is SAMPLING


def test_real_annotations_see_their_tie_points_when_they_say(real_data):
    """ESA's geolocation grid says when each point was seen; orbit and ellipsoid must say the same, to a fifth of a line."""
    paths = sorted((real_data / "safe" / "sentinel-1").glob("*_SLC_*/annotation/s1*-slc-*.xml"))
    assert len(paths) > 8
    for path in paths:
        annotation = Document(path.read_bytes(), path.name)
        flown, ground = annotation.get(orbit), annotation.get(geolocation)
        for row, column in itertools.product((0, 3, -1), (0, 10, -1)):
            place = (float(ground.values[name][row, column]) for name in ("longitude", "latitude", "height"))
            assert seen_s(flown, earth_fixed(*place), ground.azimuth_time[row]) == pytest.approx(0, abs=4.5e-4)
