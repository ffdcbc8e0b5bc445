"""What a Sentinel-2 product over the area is: satellite, datatake, tile, level, baseline, and the names of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyproj

from phistac.sandbox.archive.times import compact, shift

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.rows import Footprint

__all__ = ["IMAGES_L1C", "IMAGES_L2A", "MASKS_L2A", "TILES", "Granule", "GridTile", "images_of"]


@dataclass(frozen=True, slots=True)
class GridTile:
    """One tile of the MGRS grid that Sentinel-2 products are cut into: 109.8 km on a side."""

    name: str
    epsg: int
    left: float
    top: float

    def outline(self) -> Footprint:
        """Return the tile's corners as a closed ring, counterclockwise from the upper left."""
        right, bottom = self.left + 109_800, self.top - 109_800
        corners = (
            (self.left, self.top),
            (self.left, bottom),
            (right, bottom),
            (right, self.top),
            (self.left, self.top),
        )
        project = pyproj.Transformer.from_crs(self.epsg, 4326, always_xy=True).transform
        return [(round(float(x), 12), round(float(y), 12)) for x, y in (project(*corner) for corner in corners)]


TILES = (GridTile("33TVF", 32633, 399_960, 4_600_020), GridTile("33TWF", 32633, 499_980, 4_600_020))
"""Around Naples: Campi Flegrei and Vesuvius in the first, the Apennines in the second."""


@dataclass(frozen=True, slots=True)
class Granule:
    """One tile of one datatake at one processing level and baseline."""

    unit: str
    orbit: int
    sensing: datetime
    """Start of the datatake: the time in the name."""
    tile: GridTile
    level: str
    """``L1C`` or ``L2A``."""
    baseline: str
    """``05.11``, ``05.12``: the latter with TLM markers in its images."""
    processed: datetime
    cloud: float
    relative_orbit: int = 79

    @property
    def platform(self) -> str:
        """``S2B``: as names begin."""
        return f"S2{self.unit}"

    @property
    def name(self) -> str:
        """The product's name."""
        return (
            f"{self.platform}_MSI{self.level}_{compact(self.sensing)}_N{self.baseline.replace('.', '')}_"
            f"R{self.relative_orbit:03d}_T{self.tile.name}_{compact(self.processed)}.SAFE"
        )

    @property
    def product_type(self) -> str:
        """``S2MSI1C`` or ``S2MSI2A``."""
        return f"S2MSI{self.level[1:]}"

    @property
    def strip_time(self) -> datetime:
        """When the datastrip begins, a little after the datatake."""
        return shift(self.sensing, 6)

    @property
    def centre(self) -> str:
        """The processing center in identifiers: ``2BPS``."""
        return f"2{self.unit}PS"

    @property
    def granule_folder(self) -> str:
        """The folder below ``GRANULE``."""
        return f"{self.level}_T{self.tile.name}_A{self.orbit:06d}_{compact(self.strip_time)}"

    @property
    def strip_folder(self) -> str:
        """The folder below ``DATASTRIP``."""
        return f"DS_{self.centre}_{compact(self.processed)}_S{compact(self.strip_time)}"

    @property
    def datatake_id(self) -> str:
        """``datatakeIdentifier``, the ``productGroupId`` of the catalogue."""
        return f"G{self.platform}_{compact(self.sensing)}_{self.orbit:06d}_N{self.baseline}"

    @property
    def strip_id(self) -> str:
        """``datastripIdentifier``."""
        return (
            f"{self.platform}_OPER_MSI_{self.level}_DS_{self.centre}_{compact(self.processed)}_"
            f"S{compact(self.strip_time)}_N{self.baseline}"
        )

    @property
    def granule_id(self) -> str:
        """``granuleIdentifier``."""
        return (
            f"{self.platform}_OPER_MSI_{self.level}_TL_{self.centre}_{compact(self.processed)}_A{self.orbit:06d}_"
            f"T{self.tile.name}_N{self.baseline}"
        )


_BANDS_L1C = {
    10: ("B02", "B03", "B04", "B08", "TCI"),
    20: ("B05", "B06", "B07", "B8A", "B11", "B12"),
    60: ("B01", "B09", "B10"),
}
IMAGES_L1C = {band: (f"IMG_DATA/{{stem}}_{band}", res) for res, bands in _BANDS_L1C.items() for band in bands}
_BANDS_L2A = {
    10: "AOT B02 B03 B04 B08 TCI WVP",
    20: "AOT B01 B02 B03 B04 B05 B06 B07 B11 B12 B8A SCL TCI WVP",
    60: "AOT B01 B02 B03 B04 B05 B06 B07 B09 B11 B12 B8A SCL TCI WVP",
}
IMAGES_L2A = {
    f"{band}_{res}m": (f"IMG_DATA/R{res}m/{{stem}}_{band}_{res}m", res)
    for res, bands in _BANDS_L2A.items()
    for band in bands.split()
}
MASKS_L2A = {
    "MSK_CLDPRB_20m": ("QI_DATA/MSK_CLDPRB_20m", 20),
    "MSK_CLDPRB_60m": ("QI_DATA/MSK_CLDPRB_60m", 60),
    "MSK_SNWPRB_20m": ("QI_DATA/MSK_SNWPRB_20m", 20),
    "MSK_SNWPRB_60m": ("QI_DATA/MSK_SNWPRB_60m", 60),
}
"""Image -> its path in the granule without ``.jp2`` (``{stem}``: tile and time) and its resolution in meters."""


def images_of(granule: Granule) -> dict[str, tuple[str, int]]:
    """Return name -> path below the granule (without ``.jp2``) and resolution in meters of every image."""
    stem = f"T{granule.tile.name}_{compact(granule.sensing)}"
    table = IMAGES_L1C if granule.level == "L1C" else IMAGES_L2A | MASKS_L2A
    table = table | {"MSK_CLASSI_B00": ("QI_DATA/MSK_CLASSI_B00", 60), "PVI": ("QI_DATA/{stem}_PVI", 320)}
    return {name: (path.format(stem=stem), resolution) for name, (path, resolution) in table.items()}
