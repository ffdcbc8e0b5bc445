"""The Dataset of a series: lazy pixels and mask, and beside them what each date was."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from xarray.core import indexing

from phistac.reading.series.arrays import ValidArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.reading.series.arrays import SeriesArray
    from phistac.reading.series.facts import Facts
    from phistac.reading.series.members import Date
    from phistac.safe.alignment import Grid
    from phistac.safe.sentinel1 import BurstSignal, Orbit
    from phistac.safe.sentinel1.signal import RangePolynomial

__all__ = ["cube_dataset", "with_facts"]

_CUBE = ("time", "line", "pixel")
_COMMENT = (
    "Not coregistered: aligned by whole lines and samples only, nothing is resampled. Lines meet on the ground by the "
    "orbit state vectors of the annotations, pixels by slant range time."
)


def cube_dataset(facts: Sequence[Facts], grid: Grid, pixels: Mapping[str, SeriesArray]) -> xr.Dataset:
    """Return what is lazy: the pixels of each polarization and the mask. Nothing is read.

    Parameters
    ----------
    facts : sequence of Facts
        One for each date, in order.
    grid : Grid
        The common grid.
    pixels : mapping of str to SeriesArray
        By polarization.
    """
    lazy = {**pixels, "valid": ValidArray(*_valid_samples(facts, grid), grid.samples)}
    meanings = {name: {"units": "1", "long_name": f"digital number, {name}"} for name in pixels}
    meanings["valid"] = {"long_name": "whether a pixel holds an image of its date"}
    chunks = dict(zip(_CUBE, (1, grid.lines, grid.samples), strict=True))
    return xr.Dataset(
        {
            name: xr.Variable(_CUBE, indexing.LazilyIndexedArray(array), meanings[name], {"preferred_chunks": chunks})
            for name, array in lazy.items()
        }
    )


def with_facts(cube: xr.Dataset, dates: Sequence[Date], facts: Sequence[Facts], grid: Grid) -> xr.Dataset:
    """Return a cube with coordinates, attributes, and what else is known of each date."""
    first, last = _valid_samples(facts, grid)
    variables: dict[str, Any] = {
        "first_valid_sample": (_CUBE[:2], first, {"long_name": "first valid pixel of a line, -1 if it has none"}),
        "last_valid_sample": (_CUBE[:2], last, {"long_name": "last valid pixel of a line, -1 if it has none"}),
        "line_shift": ("time", list(grid.line_shift), {"units": "1", "long_name": _left_over("lines")}),
        "pixel_shift": ("time", list(grid.pixel_shift), {"units": "1", "long_name": _left_over("samples")}),
        **_orbits([each.orbit for each in facts]),
        **_signals([each.signal for each in facts]),
    }
    return (
        cube.assign_coords(_coordinates(dates, facts, grid)).assign(variables).assign_attrs(_attributes(facts[0], grid))
    )


def _left_over(what: str) -> str:
    return f"how many {what} after the grid's those of a date truly lie: what whole ones leave over"


def _coordinates(dates: Sequence[Date], facts: Sequence[Facts], grid: Grid) -> dict[str, Any]:
    step_ns = facts[0].image.azimuth_time_interval * 1e9
    lines = np.arange(grid.lines)
    azimuth = [
        each.shape.start + np.round((lines - at) * step_ns).astype("timedelta64[ns]")
        for each, at in zip(facts, grid.line, strict=True)
    ]
    slant = grid.slant_range_time + np.arange(grid.samples) / facts[0].image.range_sampling_rate
    return {
        "time": ("time", np.array([date.time for date in dates]), {"long_name": "when the burst began to be sensed"}),
        "line": ("line", lines, {"units": "1", "long_name": "line of the common grid"}),
        "pixel": ("pixel", np.arange(grid.samples), {"units": "1", "long_name": "pixel of the common grid"}),
        "azimuth_time": (
            _CUBE[:2],
            np.stack(azimuth),
            {"standard_name": "time", "long_name": "zero-Doppler azimuth time"},
            {"units": f"nanoseconds since {azimuth[0][0]}", "dtype": "int64"},
        ),
        "slant_range_time": ("pixel", slant, {"units": "s", "long_name": "slant range time / two-way delay"}),
        "platform": ("time", [date.platform for date in dates]),
        "product": ("time", [date.product.rpartition("/")[2] for date in dates]),
    }


def _valid_samples(facts: Sequence[Facts], grid: Grid) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    first, last = (np.full((len(facts), grid.lines), -1, np.int64) for _ in range(2))
    for number, each in enumerate(facts):
        lines = slice(grid.line[number], grid.line[number] + each.shape.lines)
        begins, ends = each.burst.first_valid_sample, each.burst.last_valid_sample
        for bounds, found in ((first, begins), (last, ends)):
            bounds[number, lines] = np.where((begins >= 0) & (ends >= 0), found + grid.pixel[number], -1)
    return first, last


def _orbits(orbits: Sequence[Orbit]) -> dict[str, Any]:
    """Return the state vectors of every date; where one has fewer than another, it ends in NaT and NaN."""
    count = max(orbit.time.size for orbit in orbits)
    times = np.full((len(orbits), count), np.datetime64("NaT", "ns"))
    states = {name: np.full((len(orbits), count, 3), np.nan) for name in ("position", "velocity")}
    for number, orbit in enumerate(orbits):
        times[number, : orbit.time.size] = orbit.time
        for name, values in states.items():
            values[number, : orbit.time.size] = getattr(orbit, name).T
    units, dims = {"position": "m", "velocity": "m s-1"}, ("time", "state_vector", "axis")
    made: dict[str, Any] = {"orbit_time": (dims[:2], times, {"long_name": "time of a state vector"})}
    for name, values in states.items():
        made[f"orbit_{name}"] = (dims, values, {"units": units[name], "long_name": f"ECEF {name}"})
    return made


def _signals(signals: Sequence[BurstSignal]) -> dict[str, Any]:
    """Return what deramping takes, of every date; polynomials of a lower degree end in zeros."""
    made: dict[str, Any] = {
        "burst_mid_time": ("time", np.array([each.mid_time for each in signals]), {"long_name": "azimuth mid-time"})
    }
    for name, title, units in (("fm_rate", "azimuth_fm_rate", "Hz s-1"), ("doppler", "doppler_centroid", "Hz")):
        found: list[RangePolynomial] = [getattr(each, name) for each in signals]
        degrees = max(len(each.coefficients) for each in found)
        polynomials = [(*each.coefficients, *(0.0,) * (degrees - len(each.coefficients))) for each in found]
        meaning = {"units": units, "long_name": "over (slant range time - t0) in seconds, lowest degree first"}
        made[f"{title}_polynomial"] = (("time", f"{title}_degree"), polynomials, meaning)
        made[f"{title}_t0"] = ("time", [each.t0 for each in found], {"units": "s"})
    return made


def _attributes(first: Facts, grid: Grid) -> dict[str, Any]:
    image = first.image
    return {
        "title": "One burst over time",
        "comment": _COMMENT,
        "coregistered": "no",
        "swath": image.swath,
        "mode": image.mode,
        "radar_frequency": image.radar_frequency,
        "range_sampling_rate": image.range_sampling_rate,
        "azimuth_time_interval": image.azimuth_time_interval,
        "azimuth_steering_rate": image.azimuth_steering_rate,
        "image_slant_range_time": grid.slant_range_time,
        "Conventions": "CF-1.11",
        "history": f"created by phistac-{version('phistac')}",
    }
