"""Sentinel-3: which files make a product, and how they group.

A product is a folder of netCDF objects, each with one or a few variables. Every object can be opened as the group of
its name. For OLCI that alone would be 42 groups of one band each, so the files that share the image grid are also
joined:

``measurement``
    what was measured, one variable per band or parameter on (rows, columns), with latitude, longitude, altitude and
    time as coordinates;
``uncertainty``
    its uncertainty estimates, on the same grid, with the same coordinates.

The name is that of Sentinel-1's pixels: whatever the mission, what was measured is in a group ``measurement``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe.manifest import Manifest, read_manifest
from phistac.safe.xml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.manifest import ManifestObject
    from phistac.safe.xml import Element

__all__ = ["Sentinel3Product", "parse_product", "read_product"]

_COORDINATES = ("geo_coordinates", "time_coordinates")
"""Stems of the files whose variables are the coordinates of the image grid."""

_BAND = re.compile(r"Oa\d\d_(radiance|reflectance)")
"""Files of bands, whatever the manifest's map of contents says."""


@dataclass(frozen=True, slots=True)
class Sentinel3Product:
    """One Sentinel-3 product.

    Attributes
    ----------
    manifest : Manifest
        The objects, and facts of any mission.
    attrs : mapping
        ``platform``, ``product_type``, ``start_time``, …
    groups : mapping of str to tuple of ManifestObject
        The files of each group of the default tree, in the order of the manifest.
    files : mapping of str to ManifestObject
        Every netCDF object by its stem, which is a group too.
    """

    manifest: Manifest
    attrs: Mapping[str, object]
    groups: Mapping[str, tuple[ManifestObject, ...]] = field(repr=False)
    files: Mapping[str, ManifestObject] = field(repr=False)

    def group(self, name: str) -> tuple[ManifestObject, ...]:
        """Return the files of a group; empty if there is no such group."""
        if name in self.groups:
            return self.groups[name]
        return (self.files[name],) if name in self.files else ()


def parse_product(data: bytes) -> Sentinel3Product:
    """Parse the ``xfdumanifest.xml`` of a Sentinel-3 product.

    Parameters
    ----------
    data : bytes
        The whole manifest.

    Returns
    -------
    Sentinel3Product
        Facts, and files by group.

    Raises
    ------
    FormatError
        If it is not the manifest of a Sentinel-3 product.
    UnsafePathError
        If a path in it would leave the product.
    """
    root = parse(data, name="manifest")
    return read_product(root, read_manifest(root))


def read_product(root: Element, manifest: Manifest) -> Sentinel3Product:
    """Read what was parsed already; raises as :func:`parse_product`."""
    if manifest.constellation != "sentinel-3":
        raise FormatError(f"this is a product of {manifest.platform}, not of Sentinel-3")
    files = {_stem(item): item for item in manifest.objects if item.path.endswith(".nc")}
    attrs = _attrs(root, manifest)
    groups = (
        _groups(root, files) if str(attrs["product_type"]).startswith("OL_") else {k: (v,) for k, v in files.items()}
    )
    return Sentinel3Product(manifest, MappingProxyType(attrs), MappingProxyType(groups), MappingProxyType(files))


def _groups(root: Element, files: dict[str, ManifestObject]) -> dict[str, tuple[ManifestObject, ...]]:
    measured = _measured(root)
    coordinates = [files[stem] for stem in _COORDINATES if stem in files]
    bands = {stem: item for stem, item in files.items() if item.id in measured or _BAND.match(stem)}
    uncertain = {stem: item for stem, item in bands.items() if stem.endswith(("_unc", "_err"))}
    groups: dict[str, tuple[ManifestObject, ...]] = {}
    for name, members in (
        ("measurement", {k: v for k, v in bands.items() if k not in uncertain}),
        ("uncertainty", uncertain),
    ):
        if members:
            groups[name] = (*members.values(), *coordinates)
    groups |= {stem: (item,) for stem, item in files.items() if stem not in bands}
    return groups


def _measured(root: Element) -> set[str]:
    """Ids of the objects that the manifest calls measurements, and places by the coordinates of the image grid."""
    units = root.iterfind(".//{*}contentUnit[@unitType='Measurement Data Unit']")
    located = [unit for unit in units if "geoCoordinatesAnnotation" in unit.get("dmdID", "").split()]
    return {pointer.get("dataObjectID", "") for unit in located for pointer in unit.iterfind("dataObjectPointer")}


def _attrs(root: Element, manifest: Manifest) -> dict[str, object]:
    attrs: dict[str, object] = {
        "platform": manifest.platform,
        "start_time": manifest.start.isoformat().replace("+00:00", "Z"),
        "stop_time": manifest.stop.isoformat().replace("+00:00", "Z"),
        "absolute_orbit": manifest.absolute_orbit,
        "relative_orbit": manifest.relative_orbit,
        "orbit_state": manifest.orbit_state,
        "product_type": "",
    }
    for key, name in (
        ("product_name", "productName"), ("product_type", "productType"), ("timeliness", "timeliness"),
        ("processing_baseline", "processingBaseline"), ("baseline_collection", "baselineCollection"),
    ):  # fmt: skip
        found = root.find(f".//{{*}}{name}")
        if found is not None and found.text:
            attrs[key] = found.text.strip()
    return {key: value for key, value in attrs.items() if value is not None}


def _stem(item: ManifestObject) -> str:
    return item.path.rpartition("/")[2].removesuffix(".nc")
