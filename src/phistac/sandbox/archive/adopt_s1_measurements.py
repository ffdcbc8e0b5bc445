"""Measurement files that a found Sentinel-1 product lacks: made from its annotation, in their real size and layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive import pattern, tiff
from phistac.sandbox.archive.adopt_s1 import product_type_of
from phistac.sandbox.archive.adopt_s1_images import read_annotations
from phistac.sandbox.archive.adopt_xml import attributes_of, load, text
from phistac.sandbox.archive.times import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lxml import etree

__all__ = ["complete", "layout_of", "valid_of"]


def complete(product: Path, target: Path, tell: Callable[[str], None]) -> set[str]:
    """Make what is absent, or has another size than the manifest states, below ``target``; return the paths made.

    A file is sparse: :mod:`phistac.sandbox.archive.pattern` says where it has pixels, and which. What has no
    annotation, or a layout that is not known, is left as it is, and told.
    """
    manifest = load(product / "manifest.safe")
    sizes = {
        attributes_of(stream, "fileLocation")[0]["href"].removeprefix("./"): int(stream.attrib["size"])
        for stream in manifest.findall(".//byteStream")
    }
    lacking = {
        path for path, size in sizes.items() if path.startswith("measurement/") and _differs(product / path, size)
    }
    made = set()
    for annotation in read_annotations(product):
        path = f"measurement/{annotation.stem}.tiff"
        if path not in lacking:
            continue
        layout = layout_of(annotation.root, len(annotation.root.findall(".//geolocationGridPoint")), sizes[path])
        if layout is None:
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        valid = valid_of(annotation.root)
        words = _words(product.name, manifest)
        blocks = pattern.blocks(valid, slc=layout.complex_pixels)
        tiff.write(target / path, layout, annotation.grid.points(), blocks=blocks, **words)
        made.add(path)
    if lacking - made:
        tell(
            f"{product.name}: {len(lacking - made)} measurement files cannot be made: no annotation, or another layout"
        )
    return made


def _differs(path: Path, size: int) -> bool:
    return not path.is_file() or path.stat().st_size != size


def layout_of(root: etree._Element, points: int, size: int) -> tiff.Layout | None:
    """Return the layout with this size whose first pixel lies where the annotation says; None if there is none."""
    shape = int(text(root, "numberOfLines")), int(text(root, "numberOfSamples")), points
    bursts = [int(text(burst, "byteOffset")) for burst in root.findall(".//burstList/burst")]
    for old in (False, True):
        layout = tiff.Layout(*shape, complex_pixels=text(root, "pixelValue") == "Complex", old=old)
        if layout.size == size and (not bursts or bursts[0] == layout.first_pixel):
            return layout
    return None


def valid_of(root: etree._Element) -> pattern.Valid:
    """Return which lines and samples an annotation calls valid."""
    shape = int(text(root, "numberOfLines")), int(text(root, "numberOfSamples"))
    bursts = root.findall(".//burstList/burst")
    if not bursts:
        return pattern.Valid(*shape)
    first, last = (
        np.array([np.array(text(burst, name).split(), np.int64) for burst in bursts])
        for name in ("firstValidSample", "lastValidSample")
    )
    return pattern.Valid(*shape, first, last)


def _words(name: str, manifest: etree._Element) -> dict[str, str]:
    """Return what the file says of itself, as real ones do."""
    beam, kind = product_type_of(name).split("_")[:2]
    detail = f"{kind[:3]} {kind[3]}R" if kind.startswith("GRD") else kind[:3]
    version = attributes_of(manifest, "software")[0]["version"]
    processed = parse(attributes_of(manifest, "processing")[0].get("stop", text(manifest, "stopTime")))
    return {
        "description": f"Sentinel-1{name[2]} {beam} {detail} L1",
        "software": f"Sentinel-1 IPF {version}",
        "moment": f"{processed:%Y:%m:%d %H:%M:%S}",
    }
