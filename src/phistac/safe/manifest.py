"""Manifests: which objects make a product, how large they are, and what their checksums must be.

``manifest.safe`` of Sentinel-1 and 2 and ``xfdumanifest.xml`` of Sentinel-3 are dialects of one format, XFDU (CCSDS
661.0-B-1). Facts that all missions state (time, platform, orbit, footprint) are read here; what only one mission says
is read in its own module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe.paths import relative_path
from phistac.safe.times import utc
from phistac.safe.xml import floats, parse

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.safe.xml import Element

__all__ = ["MANIFEST_NAMES", "Manifest", "ManifestObject", "parse_manifest", "read_manifest"]

MANIFEST_NAMES = ("manifest.safe", "xfdumanifest.xml")
"""What manifests are called, in the folder of their product."""

# checksumName -> (the algorithm's name in hashlib, digits). S1 and S3: MD5; S2: SHA3-256 from N0301 on.
_ALGORITHMS = {
    "MD5": ("md5", 32),
    "SHA3-256": ("sha3_256", 64),
    "SHA-256": ("sha256", 64),
    "SHA-1": ("sha1", 40),
    "SHA-512": ("sha512", 128),
}


@dataclass(frozen=True, slots=True)
class ManifestObject:
    """One object that a manifest lists.

    Attributes
    ----------
    path : str
        Relative to the product's root, checked never to leave it.
    size : int
        In bytes.
    checksum : str or None
        Lower-case hexadecimal digits.
    algorithm : str or None
        As :func:`hashlib.new` calls it: ``md5``, ``sha3_256``.
    mime_type : str
        As the manifest says.
    id : str
        The ``dataObject`` id, such as ``Oa01_radianceData``.
    kind : str
        The ``repID``, which is the schema for Sentinel-1 (``s1Level1CalibrationSchema``); else empty.
    """

    path: str
    size: int
    checksum: str | None
    algorithm: str | None
    mime_type: str
    id: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says.

    Attributes
    ----------
    objects : tuple of ManifestObject
        In the order of the manifest. The manifest itself, ``support/*.xsd`` and reports are not listed in it.
    constellation, platform : str
        As STAC writes them: ``sentinel-1`` and ``sentinel-1a``.
    start, stop : datetime
        Sensing times, UTC; ``stop`` equals ``start`` where only that is given (Sentinel-2).
    absolute_orbit, relative_orbit : int or None
        At the start.
    orbit_state : str or None
        ``ascending`` or ``descending``.
    footprint : tuple of (lon, lat)
        A closed ring in degrees, EPSG:4326; empty where there is none.
    version : str
        The ``version`` of the package, such as ``esa/safe/sentinel-1.0/sentinel-1/sar/level-1/slc/standard/iwdp``.
    """

    objects: tuple[ManifestObject, ...]
    constellation: str
    platform: str
    start: datetime
    stop: datetime
    absolute_orbit: int | None
    relative_orbit: int | None
    orbit_state: str | None
    footprint: tuple[tuple[float, float], ...]
    version: str

    @property
    def size(self) -> int:
        """Bytes of all listed objects together."""
        return sum(item.size for item in self.objects)

    def object(self, path: str) -> ManifestObject:
        """Return the object at a path.

        Raises
        ------
        FormatError
            If the manifest lists no such object.
        """
        for item in self.objects:
            if item.path == path:
                return item
        raise FormatError(f"the manifest lists no {path!r}")


def parse_manifest(data: bytes) -> Manifest:
    """Parse ``manifest.safe`` (Sentinel-1, 2) or ``xfdumanifest.xml`` (Sentinel-3).

    Parameters
    ----------
    data : bytes
        The whole document.

    Returns
    -------
    Manifest
        Objects and the facts that all missions state.

    Raises
    ------
    FormatError
        If it is not a manifest, or a size or checksum in it is malformed or of an unknown kind.
    UnsafePathError
        If a path in it would leave the product.
    """
    return read_manifest(parse(data, name="manifest"))


def read_manifest(root: Element) -> Manifest:
    """Read a manifest that was parsed already; raises as :func:`parse_manifest`."""
    if _local(root) != "XFDU":
        raise FormatError(f"a manifest starts with <XFDU>, this with <{_local(root)[:40]}>")
    start = utc(_text(root, "startTime"))
    stop, orbit, relative = (_find(root, name) for name in ("stopTime", "orbitNumber", "relativeOrbitNumber"))
    constellation, platform = _platform(root)
    return Manifest(
        objects=_objects(root),
        constellation=constellation,
        platform=platform,
        start=start,
        stop=start if stop is None else utc(stop.text or ""),
        absolute_orbit=None if orbit is None else _integer(orbit, "orbitNumber"),
        relative_orbit=None if relative is None else _integer(relative, "relativeOrbitNumber"),
        orbit_state=_orbit_state(root, orbit),
        footprint=_footprint(root),
        version=root.get("version", ""),
    )


def _objects(root: Element) -> tuple[ManifestObject, ...]:
    objects: dict[str, ManifestObject] = {}
    for data_object in root.iterfind("dataObjectSection/dataObject"):
        for stream in data_object.iterfind("byteStream"):
            item = _object(data_object, stream)
            if objects.setdefault(item.path, item) != item:
                raise FormatError(f"the manifest lists {item.path!r} twice, with different sizes or checksums")
    if not objects:
        raise FormatError("the manifest lists no objects")
    return tuple(objects.values())


def _object(data_object: Element, stream: Element) -> ManifestObject:
    location, checksum = stream.find("fileLocation"), stream.find("checksum")
    if location is None or "href" not in location.attrib:
        raise FormatError(f"the manifest says nowhere where {data_object.get('ID', '?')[:80]!r} is")
    path, size = relative_path(location.get("href", "")), stream.get("size", "")
    if not (size.isascii() and size.isdigit()):
        raise FormatError(f"the manifest says {path!r} has {size[:40]!r} bytes")
    digits, algorithm = (None, None) if checksum is None else _checksum(path, checksum)
    return ManifestObject(
        path,
        int(size),
        digits,
        algorithm,
        stream.get("mimeType", ""),
        data_object.get("ID", ""),
        data_object.get("repID", ""),
    )


def _checksum(path: str, checksum: Element) -> tuple[str, str]:
    name, digits = checksum.get("checksumName", ""), (checksum.text or "").strip().lower()
    if name.upper() not in _ALGORITHMS:
        raise FormatError(f"the manifest has a checksum of unknown kind {name[:40]!r} for {path!r}")
    algorithm, length = _ALGORITHMS[name.upper()]
    if len(digits) != length or not set(digits) <= set("0123456789abcdef"):
        raise FormatError(f"the {name} checksum of {path!r} in the manifest is {digits[:80]!r}")
    return digits, algorithm


def _platform(root: Element) -> tuple[str, str]:
    platform = _find(root, "platform")
    if platform is None:
        raise FormatError("the manifest names no platform")
    # ("SENTINEL-1", "A"), ("SENTINEL", "2B"), ("Sentinel-3", "B") -> sentinel-1a, sentinel-2b, sentinel-3b
    family, number = (_text(platform, name).lower() for name in ("familyName", "number"))
    name = f"{family}-{number}" if family == "sentinel" else family + number
    return name.rstrip("abcdefghijklmnopqrstuvwxyz"), name


def _orbit_state(root: Element, orbit: Element | None) -> str | None:
    stated = _find(root, "pass")
    value = (
        (stated.text or "") if stated is not None else "" if orbit is None else orbit.get("groundTrackDirection", "")
    )
    return value.strip().lower() or None


def _footprint(root: Element) -> tuple[tuple[float, float], ...]:
    footprint = _find(root, "footPrint")
    numbers = None if footprint is None or len(footprint) == 0 else (footprint[0].text or "").replace(",", " ")
    if not numbers or not numbers.strip():
        return ()
    values = floats(numbers, name="footprint")
    if len(values) % 2:
        raise FormatError("the footprint in the manifest has an odd number of coordinates")
    ring = tuple(zip(values[1::2], values[0::2], strict=True))
    return ring if ring[0] == ring[-1] else (*ring, ring[0])


def _find(element: Element, name: str) -> Element | None:
    """First element of a name, whatever its namespace: the missions differ in nothing else."""
    return element.find(f".//{{*}}{name}")


def _text(element: Element, name: str) -> str:
    found = _find(element, name)
    if found is None or not (found.text or "").strip():
        raise FormatError(f"the manifest has no <{name}>")
    return (found.text or "").strip()


def _integer(element: Element, name: str) -> int:
    value = (element.text or "").strip()
    if not value.isdigit():
        raise FormatError(f"<{name}> in the manifest is {value[:40]!r}, not an integer")
    return int(value)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
