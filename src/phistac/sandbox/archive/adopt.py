"""Serve what lies in a folder: saved catalogue rows, SAFE and SEN3 folders, Sentinel-5P files. The folder is only read.

Files are linked (symbolically, one by one), never copied. A product without a row gets one derived from its own
metadata; a row without a product is metadata only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from phistac.errors import NotFoundError
from phistac.sandbox.archive import adopt_s1, adopt_s1_images, adopt_s1_measurements
from phistac.sandbox.archive.adopt_others import sentinel2, sentinel3, sentinel5p
from phistac.sandbox.archive.adopt_records import find_rows
from phistac.sandbox.archive.burst_rows import burst_row
from phistac.sandbox.archive.catalogue import Catalogue, local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from phistac.sandbox.archive.rows import Record

__all__ = ["adopt"]

_MANIFESTS = {".SAFE": "manifest.safe", ".SEN3": "xfdumanifest.xml"}
_QUICKLOOKS = ("preview/quick-look.png", "preview/thumbnail.png")


def adopt(
    root: Path, data: Path, *, progress: Callable[[str], None] | None = None, complete_measurements: bool = False
) -> None:
    """Make an archive below ``root`` out of what is found in ``data``.

    Parameters
    ----------
    root : Path
        A folder that is empty or does not exist.
    data : Path
        The folder to serve.
    progress : callable, optional
        Told what was found, and what was left out and why.
    complete_measurements : bool
        Replace Sentinel-1 measurement files that are absent, or smaller than the manifest states, by sparse files in
        ESA's layout and of the right size. Their pixels are a pattern (:mod:`phistac.sandbox.archive.pattern`), so they
        do not match the manifest's checksums.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    FormatError
        If a product's name or metadata cannot be read.
    """
    if not data.is_dir():
        raise NotFoundError(f"there is no folder {data}", remedy="Name a folder with products or catalogue rows.")
    data = data.absolute()  # links are made from elsewhere
    tell = progress or (lambda _: None)
    found = find_rows(data)
    if found.incomplete:
        tell(f"{found.incomplete} catalogue rows left out: incomplete")
    catalogue, rows, derived = Catalogue(), dict(found.products), 0
    for place in _trees(data, tell):
        if place.name in rows:
            row = rows.pop(place.name)
            catalogue.products.append(row)
        else:
            row = catalogue.add(_record(place), root)
            derived += 1
        made: set[str] = set()
        if complete_measurements and place.name.startswith("S1"):
            made = adopt_s1_measurements.complete(place, local_path(root, row["S3Path"]), tell)
        _serve(root, catalogue, place, row, found.bursts, made)
        tell(f"product {place.name}")
    tell(f"{len(catalogue.products)} products ({derived} of them without a row), {len(rows)} rows without a product")
    catalogue.products += [rows[name] for name in sorted(rows)]
    known = {row["Name"] for row in catalogue.bursts}
    catalogue.bursts += [row for name, row in sorted(found.bursts.items()) if name not in known]
    catalogue.write(root)
    tell(f"{len(catalogue.bursts)} bursts")


def _trees(data: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    """Yield every product folder and Sentinel-5P file once, in the order of their names."""
    places: dict[str, Path] = {}
    for folder, names, files in sorted(os.walk(data)):
        here = data / folder
        for name in sorted(names):
            manifest = _MANIFESTS.get((here / name).suffix)
            if manifest is None:
                continue
            if (here / name / manifest).is_file():
                places.setdefault(name, here / name)
            else:
                tell(f"{name} left out: no {manifest}")
        names[:] = [name for name in names if (here / name).suffix not in _MANIFESTS]
        for name in files:
            if name.startswith("S5P_") and name.endswith(".nc"):
                places.setdefault(name, here / name)
    yield from (places[name] for name in sorted(places))


def _record(place: Path) -> Record:
    if place.name.startswith("S5P_"):
        return sentinel5p(place)
    if place.suffix == ".SEN3":
        return sentinel3(place)
    return sentinel2(place) if place.name.startswith("S2") else adopt_s1.record(place)


def _serve(
    root: Path,
    catalogue: Catalogue,
    place: Path,
    row: dict[str, Any],
    known: dict[str, dict[str, Any]],
    made: set[str],
) -> None:
    """Link the product's files but those made, list its quicklook and its bursts."""
    target = local_path(root, row["S3Path"])
    if place.is_file():
        _link(place, target)
        return
    for path in sorted(place.rglob("*")):
        relative = path.relative_to(place).as_posix()
        if path.is_file() and relative not in made:
            _link(path, target / relative)
    for asset in row["Assets"][:1]:
        for picture in _QUICKLOOKS:
            if (target / picture).is_file():
                shown = (target / picture).relative_to(root).as_posix()
                catalogue.quicklooks.append({"Id": asset["Id"], "Path": shown})
    if place.name.startswith("S1"):
        derived = [burst_row(burst) for burst in adopt_s1_images.bursts(place, row["S3Path"], row["Id"])]
        catalogue.bursts += [known.get(burst["Name"], burst) for burst in derived]


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.resolve())
