"""Sentinel-1 annotations of a found product, and the bursts that they tell of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.adopt_s1 import product_type_of
from phistac.sandbox.archive.adopt_xml import attributes_of, load, rings, text, texts
from phistac.sandbox.archive.burst_rows import SENSING_S, BurstRecord
from phistac.sandbox.archive.bursts import burst_number, pattern_of
from phistac.sandbox.archive.s1_grid import Grid, burst_footprint
from phistac.sandbox.archive.times import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from lxml import etree

__all__ = ["Annotation", "bursts", "read_annotations"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One product annotation, and the file that it annotates."""

    root: etree._Element
    stem: str

    @property
    def grid(self) -> Grid:
        """The geolocation grid; rows by azimuth time since the ascending node."""
        anx = parse(text(self.root, "ascendingNodeTime"))
        points = self.root.findall(".//geolocationGridPoint")
        lines = np.unique([int(point.findtext("line", "")) for point in points])
        shape = (len(lines), -1)

        def table(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
            return np.array([float(point.findtext(name, "nan")) for point in points]).reshape(shape)

        seconds = [(parse(point.findtext("azimuthTime", "")) - anx).total_seconds() for point in points]
        pixels = table("pixel")[0].astype(np.int64)
        return Grid(
            lines,
            pixels,
            np.array(seconds).reshape(shape)[:, 0],
            table("slantRangeTime")[0],
            table("longitude"),
            table("latitude"),
            table("incidenceAngle"),
            table("elevationAngle"),
        )


def read_annotations(folder: Path) -> Iterator[Annotation]:
    """Yield the product annotations, in the order of their names."""
    for path in sorted((folder / "annotation").glob("*.xml")):
        yield Annotation(load(path), path.stem)


def bursts(folder: Path, s3_path: str, product_id: str) -> Iterator[BurstRecord]:
    """Yield every burst of every annotation: none for modes without bursts and for detected products.

    ``burstId`` is taken from the annotation where it is there (IPF 3.40 and later) and computed where it is not.
    """
    if not product_type_of(folder.name)[3:].startswith("SLC"):
        return
    manifest = load(folder / "manifest.safe")
    relative_orbit, direction = int(text(manifest, "relativeOrbitNumber")), text(manifest, "pass")
    for annotation in read_annotations(folder):
        found = annotation.root.findall(".//burstList/burst")
        for index, burst in enumerate(found):
            yield _burst(annotation, burst, index, folder.name, s3_path, product_id, (relative_orbit, direction))


def _burst(
    annotation: Annotation,
    burst: etree._Element,
    index: int,
    name: str,
    s3_path: str,
    product_id: str,
    orbit: tuple[int, str],
) -> BurstRecord:
    root = annotation.root
    lines, interval = int(text(root, "linesPerBurst")), float(text(root, "azimuthTimeInterval"))
    anx_s, mode, swath = float(text(burst, "azimuthAnxTime")), text(root, "mode"), text(root, "swath")
    azimuth = parse(text(burst, "azimuthTime"))
    begin = (azimuth - parse(text(root, "ascendingNodeTime"))).total_seconds()
    relative, absolute = _numbers(
        burst, mode, anx_s + lines * interval / 2, orbit[0], int(text(root, "absoluteOrbitNumber"))
    )
    hexagon = burst_footprint(annotation.grid, begin, begin + (lines - 1) * interval)
    return BurstRecord(
        parent_id=product_id,
        parent_name=name,
        parent_type=product_type_of(name),
        s3_path=f"{s3_path}/measurement/{annotation.stem}.tiff",
        unit=name[2],
        datatake=int(text(root, "missionDataTakeId")),
        relative_orbit=orbit[0],
        direction=orbit[1],
        mode=mode,
        swath=swath,
        polarization=text(root, "polarisation"),
        number=relative,
        absolute=absolute,
        anx_s=anx_s,
        azimuth_time=azimuth,
        sensing_time=parse(text(burst, "sensingTime")),
        byte_offset=int(text(burst, "byteOffset")),
        index=index,
        lines_per_burst=lines,
        samples_per_burst=int(text(root, "samplesPerBurst")),
        duration_s=SENSING_S.get(swath, lines * interval),
        outlines=tuple(rings(hexagon)),
    )


def _numbers(burst: etree._Element, mode: str, middle: float, relative_orbit: int, orbit: int) -> tuple[int, int]:
    """Return relative and absolute burst number."""
    given = texts(burst, "burstId")
    if given:
        return int(given[0]), int(attributes_of(burst, "burstId")[0]["absolute"])
    pattern = pattern_of(mode)
    if pattern is None:
        return 0, 0
    return burst_number(middle, relative_orbit, pattern), burst_number(middle, orbit, pattern)
