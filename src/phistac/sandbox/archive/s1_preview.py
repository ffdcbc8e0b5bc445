"""What lies in ``preview`` and ``support`` of a Sentinel-1 product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive import png
from phistac.sandbox.archive.xmltext import el, render

if TYPE_CHECKING:
    from phistac.sandbox.archive.rows import Footprint

__all__ = ["SUPPORT", "map_overlay", "preview_page"]

_SCHEMA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    b'version="sandbox"/>\n'
)
_NAMES = [
    "level-1-product",
    "level-1-calibration",
    "level-1-noise",
    "level-1-rfi",
    "level-1-measurement",
    "level-1-quicklook",
]

SUPPORT = {
    **{f"support/s1-{name}.xsd": _SCHEMA for name in (*_NAMES, "object-types", "map-overlay", "product-preview")},
    "preview/icons/logo.png": png.encode(np.full((8, 8), 160, np.uint8)),
}
"""Objects that the manifest does not list, as in real products: empty schemas and a logo."""


def map_overlay(outline: Footprint, image: str) -> bytes:
    """Return the KML that lays the quicklook on the ground."""
    first_near, first_far, last_far, last_near = outline[1], outline[2], outline[3], outline[0]
    corners = " ".join(f"{x:.6f},{y:.6f}" for x, y in (first_near, first_far, last_far, last_near))
    overlay = el(
        "GroundOverlay",
        el("name", "Sentinel-1 Image Overlay"),
        el("Icon", el("href", image)),
        el("gx:LatLonQuad", el("coordinates", corners)),
    )
    folder = el("Folder", el("name", "Sentinel-1 Scene Overlay"), overlay)
    document = el("Document", el("name", "Sentinel-1 Map Overlay"), folder)
    return render(el("kml", document, attributes={"xmlns:gx": "http://www.google.com/kml/ext/2.2"}))


def preview_page() -> bytes:
    """Return the page that shows the quicklook."""
    return b'<html><body><img src="quick-look.png"/></body></html>\n'
