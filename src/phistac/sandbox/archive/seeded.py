"""Which products a seeded archive has: four months of 2025 around Naples and Campi Flegrei.

========== ============================================================================================================
Sentinel-1 relative orbits 44 (ascending, S1A and S1C) and 22 (descending, S1A): SLC with bursts, GRDH, its COG twin
Sentinel-2 relative orbit 79, S2B and S2C in turn every 5 days, tiles 33TVF and 33TWF, L1C and L2A (one of them twice)
Sentinel-3 OLCI full resolution, four passes of two frames each
Sentinel-5P NO2, one orbit every other week
others     orbit files and a calibration file (no footprint), a raw product that is offline, deleted products
========== ============================================================================================================
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from phistac.sandbox.archive.naming import s1_folder, s3_path
from phistac.sandbox.archive.rows import Record, deleted_row
from phistac.sandbox.archive.s1_acquire import acquire
from phistac.sandbox.archive.s1_auxiliary import add_calibration, add_orbit_file
from phistac.sandbox.archive.s1_pass import pass_of
from phistac.sandbox.archive.s1_products import add_grd, add_slc
from phistac.sandbox.archive.s1_scene import Timing
from phistac.sandbox.archive.s2_products import add_granule
from phistac.sandbox.archive.s2_scene import TILES, Granule
from phistac.sandbox.archive.s3_products import add_frame
from phistac.sandbox.archive.s3_scene import frames_over
from phistac.sandbox.archive.s5p_products import add_swath, swath_over
from phistac.sandbox.archive.times import compact, parse, shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from phistac.sandbox.archive.catalogue import Catalogue
    from phistac.sandbox.archive.s1_pass import Pass
    from phistac.sandbox.archive.s1_scene import Scene

__all__ = ["Size", "fill"]

Size = Literal["small", "full", "modes"]

START = parse("2025-05-01")
DAYS = 122
_PLACE = (14.14, 40.83)
_TRACKS = (("A", 44, True, 92600), ("C", 44, True, 92600), ("A", 22, False, 45938))
_LATE_LINES, _FAR_SAMPLES = (0, 1, -1, 1), (0, 2, 3, 1)
_FULL_BURSTS, _FULL_CHOSEN = 9, frozenset({4})
_FULL_SHAPES = {"IW1": (1500, 21000)}  # 126 MB a burst; real ones have 20,500 to 22,700 samples


def fill(root: Path, catalogue: Catalogue, *, seed: int, size: Size, progress: Callable[[str], None]) -> None:
    """Make every product of the archive below ``root`` and list it in ``catalogue``."""
    random = np.random.default_rng(seed)
    _sentinel1(root, catalogue, seed, size, random, progress)
    _sentinel2(root, catalogue, seed, random, progress)
    frames = frames_over(*_PLACE, START, DAYS, 4)
    for number, frame in enumerate(frames, 1):
        add_frame(root, catalogue, frame, seed=seed)
        progress(f"Sentinel-3 OLCI {number}/{len(frames)}")
    days = range(3, DAYS, 14)
    for number, day in enumerate(days, 1):
        add_swath(root, catalogue, swath_over(_PLACE[0], START + timedelta(days=day)), seed=seed)
        progress(f"Sentinel-5P NO2 {number}/{len(days)}")
    _deleted(catalogue)


def _scenes(random: np.random.Generator) -> Iterator[Scene]:
    """Yield the scenes of all passes; bursts begin some milliseconds, lines and samples apart, as real ones do."""
    for unit, relative_orbit, ascending, first in _TRACKS:
        passed = pass_of(unit, relative_orbit, START, ascending=ascending)
        while passed.anx < START + timedelta(days=DAYS):
            turn = (2 * passed.cycle + (unit == "C")) % 4
            timing = Timing(float(random.normal(0, 0.004)), _LATE_LINES[turn], _FAR_SAMPLES[turn])
            yield acquire(passed, first, 3, timing=timing)
            passed = pass_of(unit, relative_orbit, passed.anx + timedelta(days=11), ascending=ascending)


def _sentinel1(
    root: Path,
    catalogue: Catalogue,
    seed: int,
    size: Size,
    random: np.random.Generator,
    progress: Callable[[str], None],
) -> None:
    scenes = list(_scenes(random))
    newest = max(scenes, key=lambda scene: scene.start)
    for number, scene in enumerate(scenes, 1):
        if size == "full" and scene is newest:
            progress("Sentinel-1 SLC of full size: six sparse files, 8 GB to checksum")
            first = scene.swaths[0].bursts[0].number - 3
            whole = acquire(scene.passed, first, _FULL_BURSTS, full=True, shapes=_FULL_SHAPES)
            add_slc(root, catalogue, whole, seed=seed, chosen=_FULL_CHOSEN)
        else:
            add_slc(root, catalogue, scene, seed=seed)
        add_grd(root, catalogue, scene, seed=seed)
        progress(f"Sentinel-1 {number}/{len(scenes)}")
    for scene in scenes[:2]:
        add_orbit_file(root, catalogue, scene.passed)
    add_orbit_file(root, catalogue, scenes[0].passed, precise=True)
    add_calibration(root, catalogue, scenes[0].passed)
    _offline(root, catalogue, scenes[0].passed, scenes[0])


def _offline(root: Path, catalogue: Catalogue, passed: Pass, scene: Scene) -> None:
    """List a raw product that is offline: a row without objects."""
    start, stop = shift(scene.start, -2), shift(scene.stop, 2)
    flight = f"{passed.orbit:06d}_{passed.datatake:06X}"
    name = f"{passed.mission}_IW_RAW__0SDV_{compact(start)}_{compact(stop)}_{flight}_0F1E.SAFE"
    attributes = next(row for row in catalogue.products if "_SLC__1SDV" in row["Name"])["Attributes"]
    changed = {"productType": "IW_RAW__0S", "processingLevel": "LEVEL0", "swathIdentifier": "IW"}
    record = Record(
        name=name,
        s3_path=s3_path("Sentinel-1", s1_folder("IW_RAW__0S"), start, name),
        start=start,
        stop=stop,
        outline=[tuple(point) for point in catalogue.products[0]["GeoFootprint"]["coordinates"][0]],
        attributes=[(a["Name"], a["ValueType"], changed.get(a["Name"], a["Value"])) for a in attributes],
        size=1_600_000_000,
        published=shift(stop, 7_000),
        origin=shift(stop, 6_000),
        online=False,
    )
    catalogue.add(record, root)


def _sentinel2(
    root: Path,
    catalogue: Catalogue,
    seed: int,
    random: np.random.Generator,
    progress: Callable[[str], None],
) -> None:
    dates = range(25)
    for number in dates:
        for granule in _granules(number, random):
            add_granule(root, catalogue, granule, seed=seed)
        progress(f"Sentinel-2 {number + 1}/{len(dates)}")


def _granules(number: int, random: np.random.Generator) -> Iterator[Granule]:
    """Yield what one overpass becomes; satellites alternate, the baseline changes in the middle of the archive."""
    unit, first_orbit = (("B", 42576), ("C", 3480))[number % 2]
    sensing = shift(START + timedelta(days=5 * number), 9 * 3600 + 50 * 60 + 29.024)
    for tile in TILES:
        cloud = round(float(random.beta(0.5, 1.5)) * 100, 6)
        for level, hours in (("L1C", 3.1), ("L2A", 5.6)):
            granule = Granule(
                unit,
                first_orbit + 143 * (number // 2),
                sensing,
                tile,
                level,
                "05.11" if number < 15 else "05.12",
                shift(sensing.replace(microsecond=0), hours * 3600),
                cloud,
            )
            yield granule
            if number == 0 and level == "L2A":  # processed again: two versions of one acquisition
                yield replace(granule, processed=granule.processed + timedelta(days=2))


def _deleted(catalogue: Catalogue) -> None:
    causes = ("Duplicated product", "Corrupted product", "Obsolete product or Other")
    online = [row for row in catalogue.products if "MSIL2A" in row["Name"]]
    for number, cause in enumerate(causes):
        row = dict(online[number % len(online)])
        name = row["Name"].replace("_N0511_", "_N0510_")
        row |= {"Name": name, "Id": Record(name, "", START, START, None, (), 0, START, START).id}
        catalogue.deleted.append(deleted_row(row, START + timedelta(days=40 + number), cause))
