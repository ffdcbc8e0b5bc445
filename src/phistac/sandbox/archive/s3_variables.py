"""Variables that the netCDF files of an OLCI product share: packing, names and attributes as in a real one."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.netcdf import Group, Variable
from phistac.sandbox.archive.s3_bands import FLAG_MASKS, FLAG_MEANINGS, Band
from phistac.sandbox.archive.s3_scene import AC_FACTOR
from phistac.sandbox.archive.times import anno, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from phistac.sandbox.archive.s3_scene import Frame, Ground

__all__ = [
    "ON_GRID",
    "Content",
    "brightness",
    "content",
    "flags",
    "geo",
    "micro",
    "radiance",
    "time_stamps",
    "uncertainty",
]

ON_GRID = "time_stamp altitude latitude longitude"
"""``coordinates`` of variables on the image grid."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file: its name, what a manifest calls it, and what is inside."""

    file: str
    identifier: str
    text: str
    group: Group


def content(
    frame: Frame,
    file: str,
    identifier: str,
    text: str,
    title: str,
    dimensions: Mapping[str, int],
    variables: Mapping[str, Variable],
) -> Content:
    """Return a file with the attributes that every file of the product has."""
    attributes = {
        "absolute_orbit_number": np.uint32(frame.orbit),
        "ac_subsampling_factor": np.uint16(AC_FACTOR),
        "al_subsampling_factor": np.uint16(1),
        "comment": " ",
        "contact": "eosupport@copernicus.esa.int",
        "creation_time": f"{anno(frame.created)[:19]}Z",
        "history": f"  {anno(frame.created)[:19]}Z: seeded archive",
        "institution": "PS2",
        "netCDF_version": "4.2 of Mar 29 2022 09:28:14 $",
        "processing_baseline": "OL__L1_.004.00.00",
        "product_name": frame.name,
        "references": "S3IPF PDS 004.1 - Product Data Format Specification - OLCI Level 1",
        "resolution": "[ 270 294 ]",
        "source": "IPF-OL-1-EO 06.17",
        "start_time": anno(frame.start) + "Z",
        "stop_time": anno(frame.stop) + "Z",
        "title": f"OLCI Level 1b Product, {title} Data Set",
    }
    return Content(file, identifier, text, Group(dimensions, variables, attributes))


def brightness(frame: Frame, seed: int) -> NDArray[np.float64]:
    """Return brightness relative to a band's typical one: slow waves, a bright patch, a little noise."""
    random = np.random.default_rng(zlib.crc32(f"{seed} olci {frame.orbit} {frame.along_track}".encode()))
    y, x = np.mgrid[0 : frame.rows, 0 : frame.columns] / 40
    waves = 1 + 0.3 * np.sin(x + frame.orbit % 7) * np.cos(y * 1.3) + 0.6 * ((np.sin(x / 2) * np.sin(y / 2)) > 0.8)
    return np.asarray(waves + 0.004 * random.standard_normal(waves.shape))


def _half(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return chunks of half an axis: the real full frame is cut into pieces too."""
    return tuple(-(-length // 2) for length in shape)


def radiance(band: Band, scene: NDArray[np.float64], text: str) -> Variable:
    """Return the radiances of a band, packed in uint16."""
    counts = (band.count * scene).astype(np.uint16)
    counts[:, :2] = 65535  # the instrument's edge
    attributes = {
        "_FillValue": np.uint16(65535),
        "add_offset": np.float32(0),
        "ancillary_variables": f"{band.name}_radiance_unc",
        "coordinates": ON_GRID,
        "long_name": text,
        "scale_factor": np.float32(band.scale),
        "standard_name": "toa_upwelling_spectral_radiance",
        "units": "mW.m-2.sr-1.nm-1",
        "valid_max": np.uint16(65534),
        "valid_min": np.uint16(0),
    }
    return Variable(("rows", "columns"), counts, attributes, _half(counts.shape))


def uncertainty(band: Band, scene: NDArray[np.float64], text: str) -> Variable:
    """Return the uncertainties of a band, packed in uint8."""
    counts = (band.unc_count + 20 * np.log10(scene.clip(0.2))).astype(np.uint8)
    counts[:, :2] = 255
    attributes = {
        "_FillValue": np.uint8(255),
        "add_offset": np.float32(band.unc_offset),
        "coordinates": ON_GRID,
        "long_name": text,
        "scale_factor": np.float32(band.unc_scale),
        "units": "lg(re mW.m-2.sr-1.nm-1)",
        "valid_max": np.uint8(254),
        "valid_min": np.uint8(0),
    }
    return Variable(("rows", "columns"), counts, attributes, _half(counts.shape))


def micro(
    dimensions: tuple[str, ...], degrees: NDArray[np.float64], long_name: str, limit: int, **more: object
) -> Variable:
    """Return angles packed as millionths of a degree: in uint32 if they are zenith angles, else in int32."""
    unsigned = "Zenith" in long_name
    kind: type[np.uint32 | np.int32] = np.uint32 if unsigned else np.int32
    attributes = {
        "_FillValue": kind(np.iinfo(kind).max if unsigned else np.iinfo(kind).min),
        "long_name": long_name,
        "scale_factor": np.float64(1e-6),
        "valid_max": kind(limit * 1_000_000),
        "valid_min": kind(0 if unsigned else -limit * 1_000_000),
        **more,
    }
    return Variable(dimensions, np.round(degrees * 1e6).astype(kind), attributes)


def geo(
    ground: Ground, prefix: str, suffix: str = "", dims: tuple[str, str] = ("rows", "columns")
) -> dict[str, Variable]:
    """Return altitude, latitude and longitude of every pixel."""
    altitude = np.maximum(0, 600 * np.sin(ground.longitude * 3) * np.cos(ground.latitude * 4)).astype(np.int16)
    attributes = {
        "_FillValue": np.int16(-32768),
        "long_name": f"{prefix}altitude{suffix}",
        "standard_name": "altitude",
        "units": "m",
        "valid_max": np.int16(9000),
        "valid_min": np.int16(-1000),
    }
    place = {
        name: micro(dims, values, f"{prefix}{name}{suffix}", limit, standard_name=name, units=f"degrees_{unit}")
        for name, values, limit, unit in (
            ("latitude", ground.latitude, 90, "north"),
            ("longitude", ground.longitude, 180, "east"),
        )
    }
    return {"altitude": Variable(dims, altitude, attributes), **place}


def flags(scene: NDArray[np.float64], long_name: str, dims: tuple[str, str] = ("rows", "columns")) -> Variable:
    """Return the classification and quality flags."""
    land = np.uint32(FLAG_MASKS[0]) * (scene > 1.1).astype(np.uint32)
    bright = np.uint32(FLAG_MASKS[4]) * (scene > 1.5).astype(np.uint32)
    attributes = {
        "coordinates": ON_GRID,
        "flag_masks": np.array(FLAG_MASKS, np.uint32),
        "flag_meanings": FLAG_MEANINGS,
        "long_name": long_name,
    }
    return Variable(dims, land | bright, attributes, _half(scene.shape))


def time_stamps(frame: Frame) -> Variable:
    """Return the time of every row."""
    first = round((frame.start - parse("2000-01-01")).total_seconds() * 1e6)
    stamps = first + np.round((frame.seconds() - frame.along_track) * 1e6).astype(np.int64)
    attributes = {
        "_FillValue": np.int64(-1),
        "long_name": "Elapsed time since 01 Jan 2000 0h",
        "standard_name": "time",
        "units": "microseconds since 2000-01-01 00:00:00",
    }
    return Variable(("rows",), stamps, attributes)
