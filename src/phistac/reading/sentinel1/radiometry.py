"""The calibration and noise tables of an image: where they are, and what they make together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import NotFoundError
from phistac.reading.fetching import object_bytes
from phistac.reading.sentinel1.metadata import BUILDERS, FILES
from phistac.safe.sentinel1 import Document
from phistac.safe.sentinel1.noise import AzimuthNoise
from phistac.safe.sentinel1.radiometry import Radiometry, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from phistac.reading.source import Source
    from phistac.safe.manifest import ManifestObject

__all__ = ["ImageTables", "radiometry"]

_GAINS = {"sigma0": "sigmaNought", "gamma0": "gamma", "beta0": "betaNought"}
_WINDOW = ("first_line", "last_line", "first_pixel", "last_pixel")


@dataclass(frozen=True, slots=True, repr=False)
class ImageTables:
    """Where the tables of an image are: kept with its pixels, so that a selection can still be calibrated.

    Attributes
    ----------
    source : Source
        The product.
    calibration, noise : ManifestObject or None
        Its files; ``None`` where the product lists none.
    axes : mapping of str to array
        ``azimuth_time`` of the lines and ``slant_range_time`` or ``ground_range`` of the pixels, by which they are
        known again.
    """

    source: Source
    calibration: ManifestObject | None
    noise: ManifestObject | None
    axes: Mapping[str, np.ndarray[Any, Any]]

    def __repr__(self) -> str:
        return f"<ImageTables of {self.source.url}>"

    def __deepcopy__(self, memo: object) -> ImageTables:
        """Return itself: xarray copies what is kept with an array, and nothing here changes."""
        return self

    def are_of(self, numbers: xr.DataArray) -> bool:
        """Say whether an array is of this image alone: xarray lets what joins images keep what the first one says."""
        for name, axis in (("line", ("azimuth_time",)), ("pixel", ("slant_range_time", "ground_range"))):
            at = numbers[name]
            known = next((each for each in axis if each in numbers.coords and each in self.axes), None)
            # Ground ranges begin at 0 in every image: they do not tell one from another.
            if (known is None or name == "pixel") and np.unique(at).size < at.size:
                return False
            if known is not None and not _agrees(numbers[known], at, self.axes[known]):
                return False
        return True

    def fetch(self, *, denoise: bool) -> dict[str, xr.Dataset]:
        """Return the groups ``calibration`` and, if wanted, ``noise_range`` and ``noise_azimuth``, in one batch.

        Raises
        ------
        NotFoundError
            If the product has none, or a file is missing.
        """
        wanted = [self.calibration, self.noise] if denoise else [self.calibration]
        files = [item for item in wanted if item is not None]
        if len(files) < len(wanted):
            raise NotFoundError(f"{self.source.url} lists no {'noise' if files else 'calibration'} file for this image")
        documents = {
            role: Document(data, item.path)
            for role, item, data in zip(("calibration", "noise"), files, object_bytes(self.source, files), strict=False)
        }
        return {name: BUILDERS[name](documents[role]) for name, role in FILES.items() if role in documents}


def _agrees(values: xr.DataArray, at: xr.DataArray, expected: np.ndarray[Any, Any]) -> bool:
    places = at.to_numpy()
    inside = not places.size or 0 <= places.min() <= places.max() < expected.size
    return values.dims == at.dims and bool(inside and np.array_equal(values.to_numpy(), expected[places]))


def radiometry(tables: Mapping[str, xr.Dataset], kind: str, *, denoise: bool) -> Radiometry:
    """Return what calibrates an image, out of its groups ``calibration``, ``noise_range`` and ``noise_azimuth``.

    Raises
    ------
    NotFoundError
        If there is no noise to take off.
    FormatError
        If a table is not what it should be.
    """
    gain = _table(tables["calibration"], _GAINS[kind])
    if not denoise:
        return Radiometry(gain)
    if "noise_range" not in tables:
        raise NotFoundError("the product has no noise tables", remedy="Without denoise=True they are not needed.")
    blocks = tables["noise_azimuth"].data_vars.values() if "noise_azimuth" in tables else ()
    azimuth = tuple(_block(block) for block in blocks)
    return Radiometry(gain, _table(tables["noise_range"], "noiseRangeLut"), azimuth)


def _table(dataset: xr.Dataset, name: str) -> Table:
    found = dataset[name].transpose("line", "pixel")
    return Table(
        found["line"].to_numpy().astype(np.int64), found["pixel"].to_numpy().astype(np.int64), found.to_numpy()
    )


def _block(found: xr.DataArray) -> AzimuthNoise:
    top, bottom, left, right = (int(found.attrs[edge]) for edge in _WINDOW)
    line = found[found.dims[0]].to_numpy().astype(np.int64)
    return AzimuthNoise(found.attrs["swath"], (top, bottom, left, right), line, found.to_numpy())
