"""Whole Sentinel-3 OLCI full-resolution products, with their catalogue rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive import netcdf, png
from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.digests import Entry, digest, put
from phistac.sandbox.archive.naming import s3_path
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.s3_files import files
from phistac.sandbox.archive.s3_manifest import COVER, manifest
from phistac.sandbox.archive.s3_scene import outline
from phistac.sandbox.archive.times import odata, shift

if TYPE_CHECKING:
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s3_scene import Frame

__all__ = ["add_frame"]

_QUICKLOOK = "quicklook.png"
"""Beside the 50 objects of the manifest, which does not list it."""


def add_frame(root: Path, catalogue: Catalogue, frame: Frame, *, seed: int) -> Record:
    """Make one product and list it."""
    path = s3_path("Sentinel-3", "OLCI/OL_1_EFR___", frame.start, frame.name)
    folder = local_path(root, path)
    folder.mkdir(parents=True)
    ground = frame.ground()
    entries = []
    for content in files(frame, ground, seed):
        target = folder / content.file
        netcdf.write(target, content.group)
        size = target.stat().st_size
        checksum = digest(target, "md5")
        entries.append(Entry(content.file, size, checksum, content.identifier, "application/x-netcdf", content.text))
    edge = outline(ground)
    unlisted = [
        put(folder, "xfdumanifest.xml", manifest(frame, entries, edge), ""),
        put(folder, _QUICKLOOK, _picture(frame), ""),
    ]
    record = Record(
        name=frame.name,
        s3_path=path,
        start=frame.start,
        stop=frame.stop,
        outline=edge,
        attributes=_attributes(frame),
        size=sum(entry.size for entry in entries + unlisted),
        published=shift(frame.created, 900),
        origin=shift(frame.created, 300),
        quicklook=True,
    )
    catalogue.add(record, root, _QUICKLOOK)
    return record


def _picture(frame: Frame) -> bytes:
    y, x = np.mgrid[0:64, 0:64]
    base = 100 + 70 * np.sin(x / 10 + frame.orbit % 7) * np.cos(y / 8)
    return png.encode(np.stack([base * 0.7, base * 0.9, base], -1).astype(np.uint8))


def _attributes(frame: Frame) -> list[tuple[str, str, object]]:
    return [
        ("timeliness", "String", "NT"),
        ("brightCover", "Double", COVER["bright"]),
        ("cycleNumber", "Integer", frame.cycle),
        ("orbitNumber", "Integer", frame.orbit),
        ("coastalCover", "Double", COVER["coastal"]),
        ("processorName", "String", "PUG"),
        ("orbitDirection", "String", "DESCENDING"),
        ("processingDate", "DateTimeOffset", odata(frame.created)),
        ("operationalMode", "String", "Earth Observation"),
        ("processingLevel", "String", "1"),
        ("processorVersion", "String", "03.52"),
        ("salineWaterCover", "Double", COVER["salineWater"]),
        ("tidalRegionCover", "Double", COVER["tidalRegion"]),
        ("platformShortName", "String", "SENTINEL-3"),
        ("baselineCollection", "String", "004"),
        ("instrumentShortName", "String", "OLCI"),
        ("relativeOrbitNumber", "Integer", frame.relative_orbit),
        ("freshInlandWaterCover", "Double", COVER["freshInlandWater"]),
        ("platformSerialIdentifier", "String", "B"),
        ("productType", "String", "OL_1_EFR___"),
        ("beginningDateTime", "DateTimeOffset", odata(frame.start)),
        ("endingDateTime", "DateTimeOffset", odata(frame.stop)),
    ]
