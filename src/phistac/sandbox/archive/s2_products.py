"""Whole Sentinel-2 products, L1C and L2A, with their catalogue rows."""

from __future__ import annotations

import zlib
from functools import partial
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np

from phistac.sandbox.archive import jp2, s2_metadata
from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.digests import Entry, put
from phistac.sandbox.archive.naming import s3_path
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.s2_manifest import manifest
from phistac.sandbox.archive.s2_scene import images_of
from phistac.sandbox.archive.times import odata, shift

if TYPE_CHECKING:
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s2_scene import Granule

__all__ = ["add_granule"]

_BITS8 = ("TCI", "SCL", "MSK", "PVI")


def add_granule(root: Path, catalogue: Catalogue, granule: Granule, *, seed: int) -> Record:
    """Make one product and list it."""
    path = s3_path("Sentinel-2", f"MSI/{granule.level}", granule.sensing, granule.name)
    folder = local_path(root, path)
    write = partial(put, folder, algorithm="sha3_256")
    entries = _documents(granule, write)
    for name, (place, resolution) in images_of(granule).items():
        data = jp2.encode(*_image(granule, name, resolution, seed), tlm=granule.baseline >= "05.12")
        kind = f"{'IMG_DATA_Band_' if place.startswith('IMG') else ''}{name}_Tile1_Data"
        target = f"GRANULE/{granule.granule_folder}/{place}.jp2"
        entries.append(write(target, data, kind, mime_type="application/octet-stream"))
    listed = manifest(granule, entries)
    quicklook = f"{granule.name.removesuffix('.SAFE')}-ql.jpg"
    unlisted = [write("manifest.safe", listed, ""), write(quicklook, _quicklook(granule), "")]
    record = Record(
        name=granule.name,
        s3_path=path,
        start=granule.sensing,
        stop=granule.sensing,
        outline=granule.tile.outline(),
        attributes=_attributes(granule),
        size=sum(entry.size for entry in entries + unlisted),
        published=shift(granule.processed, 4_000),
        origin=shift(granule.processed, 3_300),
        quicklook=True,
    )
    catalogue.add(record, root, quicklook)
    return record


def _documents(granule: Granule, write: partial[Entry]) -> list[Entry]:
    level, strip = f"S2_Level-{granule.level[1:]}", f"DATASTRIP/{granule.strip_folder}"
    tile = f"GRANULE/{granule.granule_folder}/MTD_TL.xml"
    report = b'<?xml version="1.0" encoding="UTF-8"?>\n<Earth_Explorer_File/>\n'
    return [
        write(f"MTD_MSI{granule.level}.xml", s2_metadata.product(granule), f"{level}_Product_Metadata"),
        write("INSPIRE.xml", s2_metadata.inspire(granule), "INSPIRE_Metadata"),
        write(f"{strip}/MTD_DS.xml", s2_metadata.datastrip(granule), f"{level}_Datastrip1_Metadata"),
        write(f"{strip}/QI_DATA/GENERAL_QUALITY.xml", report, "General_OLQC_Report_Datastrip1_InformationData"),
        write(tile, s2_metadata.tile(granule), f"{level}_Tile1_Metadata"),
    ]


def _image(granule: Granule, name: str, resolution: int, seed: int) -> tuple[jp2.Raster, partial[jp2.Fill]]:
    eight = name.startswith(_BITS8)
    raster = jp2.Raster(
        109_800 // resolution,
        8 if eight else 15,
        3 if name.startswith(("TCI", "PVI", "MSK_CLASSI")) else 1,
        granule.tile.epsg,
        granule.tile.left,
        granule.tile.top,
        resolution,
    )
    band = name.split("_", maxsplit=1)[0]
    key = zlib.crc32(f"{seed} {band} {granule.tile.name} {granule.sensing:%Y%m%d}".encode())
    return raster, partial(_fill, key, name, raster.size // jp2.TILE if resolution < 60 else -1)


def _fill(key: int, name: str, last: int, row: int, column: int) -> jp2.Fill:
    """Flat tiles, and a ramp in the middle: an image that differs by band, date and place, in few bytes."""
    step = (key + 7 * row + 13 * column) % 32
    if name.startswith("SCL"):
        return jp2.Fill((4, 5, 6, 8, 9)[step % 5])
    if name.startswith("MSK"):
        return jp2.Fill(step % 3)
    eight = name.startswith(_BITS8)
    middle = row == last // 2 and column == last // 2
    return jp2.Fill(40 + 5 * step if eight else 1_200 + 80 * step, ramp=middle and not eight)


def _quicklook(granule: Granule) -> bytes:
    y, x = np.mgrid[0:86, 0:86]
    base = 90 + 60 * np.sin(x / 9 + granule.orbit % 5) * np.cos(y / 7) + granule.cloud
    image = np.stack([base, base * 1.05, base * 0.9], -1).clip(0, 255).astype(np.uint8)
    return bytes(imagecodecs.jpeg8_encode(image, level=80))


def _attributes(granule: Granule) -> list[tuple[str, str, object]]:
    moment = odata(granule.sensing)
    return [
        ("origin", "String", "ESA"),
        ("tileId", "String", granule.tile.name),
        ("cloudCover", "Double", granule.cloud),
        ("datastripId", "String", granule.strip_id),
        ("orbitNumber", "Integer", granule.orbit),
        ("processingDate", "DateTimeOffset", odata(granule.processed)),
        ("productGroupId", "String", granule.datatake_id),
        ("operationalMode", "String", "INS-NOBS"),
        ("processingLevel", "String", granule.product_type),
        ("processorVersion", "String", granule.baseline),
        ("platformShortName", "String", "SENTINEL-2"),
        ("instrumentShortName", "String", "MSI"),
        ("relativeOrbitNumber", "Integer", granule.relative_orbit),
        ("platformSerialIdentifier", "String", granule.unit),
        ("productType", "String", granule.product_type),
        ("beginningDateTime", "DateTimeOffset", moment),
        ("endingDateTime", "DateTimeOffset", moment),
    ]
