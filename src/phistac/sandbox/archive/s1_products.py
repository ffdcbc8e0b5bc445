"""Whole Sentinel-1 products: SLC, GRD and the cloud-optimized twin of a GRD, with their catalogue rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive import cog, png, tiff
from phistac.sandbox.archive.burst_rows import BurstRecord, burst_row
from phistac.sandbox.archive.catalogue import local_path
from phistac.sandbox.archive.digests import Entry, digest, put
from phistac.sandbox.archive.naming import crc16, s1_folder, s3_path
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.s1_annotation import annotation
from phistac.sandbox.archive.s1_attributes import attributes
from phistac.sandbox.archive.s1_calibration import calibration, noise, rfi
from phistac.sandbox.archive.s1_facts import outline, span
from phistac.sandbox.archive.s1_grid import burst_footprint
from phistac.sandbox.archive.s1_image import grd_images, slc_images
from phistac.sandbox.archive.s1_manifest import manifest
from phistac.sandbox.archive.s1_pixels import detected, slc_blocks
from phistac.sandbox.archive.s1_preview import SUPPORT, map_overlay, preview_page
from phistac.sandbox.archive.times import compact, shift

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.s1_scene import Scene

__all__ = ["add_grd", "add_slc"]


@dataclass(frozen=True, slots=True)
class _Kind:
    key: str
    images: list[Image]
    processed: datetime

    @property
    def product_type(self) -> str:
        mode = self.images[0].scene.mode
        level = "SLC_" if self.key == "slc" else f"GRD{mode.resolution}"
        return f"{mode.beam}_{level}_1S{'-COG' * (self.key == 'cog')}"


def add_slc(root: Path, catalogue: Catalogue, scene: Scene, *, seed: int, chosen: frozenset[int] | None = None) -> None:
    """Make one SLC product and its burst rows; ``chosen`` bursts get pixels (all by default), the rest are holes."""
    kind = _Kind("slc", slc_images(scene), shift(scene.stop, 9_000))
    folder = root / "s3" / f".making-{scene.passed.mission}-{scene.passed.orbit}-slc"
    (folder / "measurement").mkdir(parents=True)
    moment = f"{kind.processed:%Y:%m:%d %H:%M:%S}"

    def measure(image: Image) -> Entry:
        path = f"measurement/{image.stem}.tiff"
        tiff.write(
            folder / path,
            image.layout,
            image.grid.points(),
            blocks=slc_blocks(image, seed, chosen),
            description=f"Sentinel-1{scene.passed.unit} {scene.mode.beam} SLC L1",
            software=f"Sentinel-1 IPF {scene.passed.ipf}",
            moment=moment,
        )
        checksum = digest(folder / path, "md5")
        return Entry(path, image.layout.size, checksum, "s1Level1MeasurementSchema", "application/octet-stream")

    with ThreadPoolExecutor(2) as pool:  # hashing and random numbers both leave the interpreter lock
        measurements = list(pool.map(measure, kind.images))
    record = _finish(root, catalogue, folder, kind, measurements, _quicklook(scene))
    for image in kind.images:
        for row in _bursts(record, image):
            catalogue.bursts.append(burst_row(row))


def add_grd(root: Path, catalogue: Catalogue, scene: Scene, *, seed: int) -> None:
    """Make one GRD product as ESA has it, and its cloud-optimized twin."""
    for key, later in (("grd", 9_100), ("cog", 17_000)):
        kind = _Kind(key, grd_images(scene, cog=key == "cog"), shift(scene.stop, later))
        folder = root / "s3" / f".making-{scene.passed.mission}-{scene.passed.orbit}-{key}"
        (folder / "measurement").mkdir(parents=True)
        measurements = [_grd_file(folder, image, seed, kind.processed) for image in kind.images]
        _finish(root, catalogue, folder, kind, measurements, _quicklook(scene))


def _grd_file(folder: Path, image: Image, seed: int, processed: datetime) -> Entry:
    path, mode = folder / f"measurement/{image.stem}.tiff", image.scene.mode
    pixels = detected(image, seed)
    if image.cog:
        cog.write(path, pixels, image.grid.points())
    else:
        tiff.write(
            path,
            image.layout,
            image.grid.points(),
            blocks=[(0, pixels)],
            description=f"Sentinel-1{image.scene.passed.unit} {mode.beam} GRD {mode.resolution}R L1",
            software=f"Sentinel-1 IPF {image.scene.passed.ipf}",
            moment=f"{processed:%Y:%m:%d %H:%M:%S}",
        )
    size = path.stat().st_size
    return Entry(
        f"measurement/{path.name}", size, digest(path, "md5"), "s1Level1MeasurementSchema", "application/octet-stream"
    )


def _quicklook(scene: Scene) -> bytes:
    y, x = np.mgrid[0:48, 0:96]
    base = 110 + 70 * np.sin(x / 11 + scene.passed.orbit % 7) * np.cos(y / 9)
    return png.encode(np.stack([base, base * 0.8, base * 0.6], -1).astype(np.uint8))


def _finish(
    root: Path, catalogue: Catalogue, folder: Path, kind: _Kind, measurements: list[Entry], quicklook: bytes
) -> Record:
    """Write everything but the measurements, name the product by its manifest, move it into place and list it."""
    preview = "preview/thumbnail.png" if kind.key == "cog" else "preview/quick-look.png"
    entries = [entry for image in kind.images for entry in _annotations(folder, image)]
    overlay = map_overlay(outline(kind.images), preview.rsplit("/", 1)[-1])
    entries.append(put(folder, "preview/map-overlay.kml", overlay, "s1Level1MapOverlaySchema"))
    entries.append(put(folder, "preview/product-preview.html", preview_page(), "s1Level1ProductPreviewSchema"))
    entries += measurements
    kinds = ("s1Level1QuickLookSchema", "application/octet-stream")
    entries.append(put(folder, preview, quicklook, kinds[0], mime_type=kinds[1]))
    size = sum(entry.size for entry in entries)
    for path, data in SUPPORT.items():  # real products have these, and their manifests do not list them
        size += put(folder, path, data, "").size
    data = manifest(kind.images, entries, kind.processed)
    size += put(folder, "manifest.safe", data, "").size
    record = _record(kind, crc16(data), size)
    target = local_path(root, record.s3_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)
    catalogue.add(record, root, preview)
    return record


def _annotations(folder: Path, image: Image) -> list[Entry]:
    stem = image.stem
    entries = [
        put(folder, f"annotation/{stem}.xml", annotation(image), "s1Level1ProductSchema"),
        put(folder, f"annotation/calibration/noise-{stem}.xml", noise(image), "s1Level1NoiseSchema"),
    ]
    if image.scene.passed.ipf >= "003.40":
        entries.append(put(folder, f"annotation/rfi/rfi-{stem}.xml", rfi(image), "s1Level1RfiSchema"))
    path = f"annotation/calibration/calibration-{stem}.xml"
    return [*entries, put(folder, path, calibration(image), "s1Level1CalibrationSchema")]


def _record(kind: _Kind, crc: str, size: int) -> Record:
    passed = kind.images[0].scene.passed
    start, stop = span(kind.images)
    prefix = kind.product_type.removesuffix("-COG") + kind.images[0].scene.mode.code
    folder = "SAR/SLC" if passed.old and kind.key == "slc" else s1_folder(kind.product_type)
    name = (
        f"{passed.mission}_{prefix}_{compact(start)}_{compact(stop)}_{passed.orbit:06d}_{passed.datatake:06X}_{crc}"
        f"{'_COG' * (kind.key == 'cog')}.SAFE"
    )
    return Record(
        name=name,
        s3_path=s3_path("Sentinel-1", folder, start, name),
        start=start,
        stop=stop,
        outline=outline(kind.images),
        attributes=attributes(kind.images, kind.product_type, kind.processed),
        size=size,
        published=shift(kind.processed, 1_900),
        origin=shift(kind.processed, 1_700),
        quicklook=True,
    )


def _bursts(record: Record, image: Image) -> list[BurstRecord]:
    swath, passed = image.swath, image.scene.passed
    if swath is None or not swath.tops:
        return []
    duration = (swath.lines_per_burst - 1) * swath.interval
    return [
        BurstRecord(
            parent_id=record.id,
            parent_name=record.name,
            parent_type=f"{image.scene.mode.beam}_SLC__1S",
            s3_path=f"{record.s3_path}/measurement/{image.stem}.tiff",
            unit=passed.unit,
            datatake=passed.datatake,
            relative_orbit=passed.relative_orbit,
            direction=passed.direction,
            mode=image.scene.mode.name,
            swath=swath.beam.name,
            polarization=image.polarization.upper(),
            number=burst.number,
            absolute=burst.absolute,
            anx_s=burst.anx_s,
            azimuth_time=burst.azimuth_time,
            sensing_time=burst.sensing_time,
            byte_offset=burst.byte_offset,
            index=index,
            lines_per_burst=swath.lines_per_burst,
            samples_per_burst=swath.samples,
            duration_s=swath.beam.echo,
            outlines=(burst_footprint(image.grid, burst.anx_s, burst.anx_s + duration),),
        )
        for index, burst in enumerate(swath.bursts)
    ]
