"""Sentinel-5P NO2 products: one netCDF object per orbit, with the group tree and the PRODUCT variables of real ones.

The swath has a tenth of the real scanlines and ground pixels over the same ground, between 60 degrees south and 70
degrees north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive import netcdf
from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.digests import digest
from phistac.sandbox.archive.naming import s3_path
from phistac.sandbox.archive.orbit import SENTINEL_5P, geodetic, look_at
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.s3_scene import Ground, outline
from phistac.sandbox.archive.s5p_file import root_group
from phistac.sandbox.archive.times import compact, odata, shift

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue

__all__ = ["Swath", "add_swath", "swath_over"]

_HALF_WIDTH = np.radians(54.0)
_SCANLINES, _PIXELS = 240, 45


@dataclass(frozen=True, slots=True)
class Swath:
    """The day side of one orbit."""

    orbit: int

    @property
    def anx(self) -> datetime:
        """When the satellite crosses the equator northward, in daylight."""
        return SENTINEL_5P.anx_time(self.orbit)

    @property
    def start(self) -> datetime:
        """Of the orbit's product: a quarter of a revolution before the ascending node, in whole seconds."""
        return shift(self.anx, -1_522).replace(microsecond=0)

    @property
    def stop(self) -> datetime:
        """One revolution later."""
        return shift(self.start, SENTINEL_5P.period).replace(microsecond=0)

    @property
    def created(self) -> datetime:
        """When the offline product was made: two days later."""
        return shift(self.start, 2 * 86_400 + 5_000)

    @property
    def name(self) -> str:
        """The product's name."""
        return (
            f"S5P_OFFL_L2__NO2____{compact(self.start)}_{compact(self.stop)}_{self.orbit:05d}_03_020800_"
            f"{compact(self.created)}.nc"
        )

    def seconds(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return seconds since the ascending node of every scanline."""
        return np.linspace(-1_020.0, 1_200.0, _SCANLINES)

    def ground(self) -> Ground:
        """Return where the ground pixels lie, ``(scanlines, pixels)``, west to east."""
        looks = np.arctan(np.linspace(-np.tan(_HALF_WIDTH), np.tan(_HALF_WIDTH), _PIXELS))
        seconds, angles = np.meshgrid(self.seconds(), looks, indexing="ij")
        position, velocity = SENTINEL_5P.state(self.orbit, seconds.ravel())
        point, _ = look_at(position, velocity, angles.ravel())
        longitude, latitude, normal = geodetic(point)
        sight = (position - point) / np.linalg.norm(position - point, axis=-1, keepdims=True)
        zenith = np.degrees(np.arccos((sight * normal).sum(-1)))
        return Ground(*(values.reshape(seconds.shape) for values in (longitude, latitude, zenith)))


def swath_over(longitude: float, day: datetime) -> Swath:
    """Return the orbit of a day whose ascending pass is nearest to a longitude at about 40 degrees north."""
    first = SENTINEL_5P.orbit_at(day) + 1
    orbits = range(first, first + 14)
    return min((Swath(orbit) for orbit in orbits), key=lambda swath: _distance(swath, longitude))


def _distance(swath: Swath, longitude: float) -> float:
    point, _ = look_at(*SENTINEL_5P.state(swath.orbit, np.array([700.0])), np.array([0.0]))
    return float(abs((geodetic(point)[0][0] - longitude + 180) % 360 - 180))


def add_swath(root: Path, catalogue: Catalogue, swath: Swath, *, seed: int) -> Record:
    """Make one product and list it."""
    path = s3_path("Sentinel-5P", "TROPOMI/L2__NO2___", swath.start, swath.name)
    target = local_path(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    ground = swath.ground()
    edge = _outline(ground)
    netcdf.write(target, root_group(swath, ground, edge, seed))
    record = Record(
        name=swath.name,
        s3_path=path,
        start=swath.start,
        stop=swath.stop,
        outline=edge,
        attributes=_attributes(swath),
        size=target.stat().st_size,
        published=shift(swath.created, 1_200),
        origin=shift(swath.created, 600),
        md5=digest(target, "md5"),
    )
    catalogue.add(record, root)
    return record


def _outline(ground: Ground) -> list[tuple[float, float]]:
    """Return the swath's outline; :func:`outline` follows a descending track, this one ascends."""
    flipped = Ground(ground.longitude[::-1], ground.latitude[::-1], ground.zenith[::-1])
    return outline(flipped, steps=12)


def _attributes(swath: Swath) -> list[tuple[str, str, object]]:
    return [
        ("origin", "String", "ESA"),
        ("doi", "String", "10.5270/S5P-9bnp8q8"),
        ("identifier", "String", f"urn:ogc:def:EOP:ESA:SENTINEL.{swath.name}"),
        ("orbitNumber", "Integer", swath.orbit),
        ("processorName", "String", "NO2___"),
        ("qualityStatus", "String", "NOMINAL"),
        ("processingDate", "DateTimeOffset", odata(swath.created)),
        ("processingMode", "String", "OFFL"),
        ("acquisitionType", "String", "NOMINAL"),
        ("processingLevel", "String", "L2"),
        ("parentIdentifier", "String", "urn:ogc:def:EOP:ESA:SENTINEL.S5P_TROP_L2__NO2___"),
        ("processingCenter", "String", "PDGS-OP"),
        ("processorVersion", "String", "020800"),
        ("platformShortName", "String", "SENTINEL-5P"),
        ("baselineCollection", "String", "03"),
        ("instrumentShortName", "String", "TROPOMI"),
        ("productType", "String", "L2__NO2___"),
        ("beginningDateTime", "DateTimeOffset", odata(swath.start)),
        ("endingDateTime", "DateTimeOffset", odata(swath.stop)),
    ]
