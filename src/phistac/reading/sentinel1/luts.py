"""Groups of look-up tables: calibration and noise, each from a file of its own."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import xarray as xr

from phistac.reading.sentinel1.tables import later
from phistac.safe import sentinel1
from phistac.safe.sentinel1.calibration import CALIBRATION_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.safe.sentinel1 import Document

__all__ = ["calibration", "noise_azimuth", "noise_range"]


def calibration(document: Document) -> xr.Dataset:
    """Return the tables that make backscatter of digital numbers."""
    grid = document.get(sentinel1.calibration_grid)
    tables = {
        name: (
            ("line", "pixel"),
            later(document, sentinel1.calibration, _table(name), (grid.line.size, grid.pixel.size), "float32"),
        )
        for name in CALIBRATION_TABLES
    }
    return xr.Dataset(
        {"azimuth_time": ("line", grid.azimuth_time), **tables},
        {"line": grid.line, "pixel": grid.pixel},
        {"absoluteCalibrationConstant": document.get(sentinel1.calibration_constant)},
    )


def _table(name: str) -> Callable[[sentinel1.Calibration], Any]:
    return lambda found: found.tables[name]


def noise_range(document: Document) -> xr.Dataset:
    """Return the thermal noise across the swath; in products before IPF 2.90 the only one."""
    grid = document.get(sentinel1.noise_grid)
    lut = later(document, sentinel1.noise, attrgetter("range_lut"), (grid.line.size, grid.pixel.size), "float32")
    return xr.Dataset(
        {"azimuth_time": ("line", grid.azimuth_time), "noiseRangeLut": (("line", "pixel"), lut)},
        {"line": grid.line, "pixel": grid.pixel},
    )


def noise_azimuth(document: Document) -> xr.Dataset:
    """Return the factors on the noise along the swath.

    Each block of the image has its table: GRD has several, at other lines; the second is ``noiseAzimuthLut_1``.
    """
    variables, lines = {}, {}
    for number, block in enumerate(document.get(sentinel1.azimuth_blocks)):
        suffix = f"_{number}" if number else ""
        window = dict(zip(("first_line", "last_line", "first_pixel", "last_pixel"), block.window, strict=True))
        lut = later(document, sentinel1.azimuth_noise, _block(number), block.line.shape, "float32")
        variables[f"noiseAzimuthLut{suffix}"] = (f"line{suffix}", lut, {"swath": block.swath, **window})
        lines[f"line{suffix}"] = block.line
    return xr.Dataset(variables, lines)


def _block(number: int) -> Callable[[Any], Any]:
    return lambda found: found[number].lut
