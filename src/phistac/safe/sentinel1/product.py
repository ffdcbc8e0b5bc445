"""Sentinel-1 products: facts of the manifest, and which files belong to which image.

Names and string forms of the facts are those that xarray-sentinel made the convention, so that datasets compare equal.
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

__all__ = ["ImageFiles", "Sentinel1Product", "file_facts", "parse_product", "read_product"]

_FILE = re.compile(
    r"(?:(?P<prefix>[a-z]+)-)?s1[a-z]-(?P<swath>[a-z0-9]+)-(?P<kind>slc|grd)-(?P<polarization>[hv]{2})-(?P<start>\d{8}t\d{6})-"
    r"\d{8}t\d{6}-\d+-[0-9a-f]+-(?P<number>\d{3})(?:-cog)?\.(?P<extension>xml|tiff)"
)
_ROLES = {
    (None, "xml"): "annotation", (None, "tiff"): "measurement", ("calibration", "xml"): "calibration",
    ("noise", "xml"): "noise", ("rfi", "xml"): "rfi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """The files of one image: one swath in one polarization; in wave mode, one vignette.

    Attributes
    ----------
    group : str
        ``IW1/VV``; ``WV1/VV/001`` where a swath has many images (wave mode).
    swath, polarization : str
        Upper case.
    annotation, measurement, calibration, noise, rfi : ManifestObject or None
        ``None`` where the manifest does not list it.
    """

    group: str
    swath: str
    polarization: str
    annotation: ManifestObject | None = None
    measurement: ManifestObject | None = None
    calibration: ManifestObject | None = None
    noise: ManifestObject | None = None
    rfi: ManifestObject | None = None


@dataclass(frozen=True, slots=True)
class Sentinel1Product:
    """One Sentinel-1 level-1 product.

    Attributes
    ----------
    manifest : Manifest
        The objects, and facts of any mission.
    attrs : mapping
        Facts under the names that xarray-sentinel gives them: ``mode``, ``swaths``, ``product_type``, …
    images : tuple of ImageFiles
        Sorted by group.
    crosses_node : bool
        Whether the orbit number changes between start and stop.
    """

    manifest: Manifest
    attrs: Mapping[str, object]
    images: tuple[ImageFiles, ...] = field(repr=False)
    crosses_node: bool = False

    @property
    def product_type(self) -> str:
        """``SLC`` or ``GRD``."""
        return str(self.attrs["product_type"])


def parse_product(data: bytes) -> Sentinel1Product:
    """Parse the ``manifest.safe`` of a Sentinel-1 level-1 product.

    Parameters
    ----------
    data : bytes
        The whole manifest.

    Returns
    -------
    Sentinel1Product
        Facts and files.

    Raises
    ------
    FormatError
        If it is not the manifest of a Sentinel-1 SLC or GRD product.
    UnsafePathError
        If a path in it would leave the product.
    """
    root = parse(data, name="manifest")
    return read_product(root, read_manifest(root))


def read_product(root: Element, manifest: Manifest) -> Sentinel1Product:
    """Read what was parsed already; raises as :func:`parse_product`."""
    if manifest.constellation != "sentinel-1":
        raise FormatError(f"this is a product of {manifest.platform}, not of Sentinel-1")
    crosses_node = len(set(_all(root, "orbitNumber"))) > 1
    return Sentinel1Product(manifest, MappingProxyType(_attrs(root)), _images(manifest), crosses_node)


def file_facts(path: str) -> dict[str, str] | None:
    """Return what the name of a file says (role, swath, polarization, …), or ``None`` if it is of no image.

    Examples
    --------
    >>> file_facts("annotation/s1a-iw1-slc-vh-20250406t022009-20250406t022034-058630-07421f-001.xml")["role"]
    'annotation'
    """
    match = _FILE.fullmatch(path.rpartition("/")[2].lower())
    if match is None or (role := _ROLES.get((match["prefix"], match["extension"]))) is None:
        return None
    return {
        **match.groupdict(default=""),
        "role": role,
        "swath": match["swath"].upper(),
        "polarization": match["polarization"].upper(),
    }


def _images(manifest: Manifest) -> tuple[ImageFiles, ...]:
    grouped: dict[tuple[str, str, str], dict[str, ManifestObject]] = {}
    for item in manifest.objects:
        facts = file_facts(item.path)
        if facts is not None:
            # In wave mode a swath has one image per vignette; elsewhere the number only counts the files.
            number = facts["number"] if facts["swath"].startswith("WV") else ""
            grouped.setdefault((facts["swath"], facts["polarization"], number), {})[facts["role"]] = item
    if not grouped:
        raise FormatError("the manifest lists no image", remedy="Only SLC and GRD products are read so far.")
    return tuple(
        ImageFiles("/".join(filter(None, key)), key[0], key[1], **files) for key, files in sorted(grouped.items())
    )


def _attrs(root: Element) -> dict[str, object]:
    return {
        "family_name": _one(root, "platform/{*}familyName"),
        "number": _one(root, "platform/{*}number"),
        "mode": _one(root, "instrumentMode/{*}mode"),
        "swaths": _all(root, "instrumentMode/{*}swath"),
        "orbit_number": _integer(root, "orbitNumber"),
        "relative_orbit_number": _integer(root, "relativeOrbitNumber"),
        "pass": _one(root, "pass"),
        "ascending_node_time": _one(root, "ascendingNodeTime"),
        "mission_data_take_id": _integer(root, "missionDataTakeID"),
        "transmitter_receiver_polarisations": _all(root, "transmitterReceiverPolarisation"),
        "product_type": _one(root, "productType"),
        "start_time": _one(root, "startTime"),
        "stop_time": _one(root, "stopTime"),
    }


def _all(root: Element, name: str) -> list[str]:
    values = [(found.text or "").strip() for found in root.iterfind(f".//{{*}}{name}")]
    if not values or not all(values):
        raise FormatError(f"the manifest has no <{name.rpartition('}')[2]}>")
    return values


def _one(root: Element, name: str) -> str:
    return _all(root, name)[0]


def _integer(root: Element, name: str) -> int:
    """Return the value at the start: a product that crosses the ascending node has another orbit at its stop."""
    value = _one(root, name)
    if not value.isdigit():
        raise FormatError(f"<{name}> in the manifest is {value[:40]!r}, not an integer")
    return int(value)
