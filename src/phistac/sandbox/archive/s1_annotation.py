"""Sentinel-1 product annotations: every element of the level-1 product schema that readers use, in the schema's order.

Statistics, telemetry and replica lists are short and plausible; times, geometry, orbit, Doppler and FM rate
polynomials, burst and grid tables are consistent with each other and with the pixels. The documents are valid against
ESA's own schema (``s1-level-1-product.xsd``), and a test says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.s1_annotation_general import general_annotation, quality_information
from phistac.sandbox.archive.s1_annotation_image import antenna_pattern, doppler_centroid, image_annotation
from phistac.sandbox.archive.s1_annotation_tables import coordinate_conversion, geolocation, swath_merging, swath_timing
from phistac.sandbox.archive.times import anno
from phistac.sandbox.archive.xmltext import el, render

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.xmltext import Node

__all__ = ["annotation", "header"]


def header(image: Image) -> Node:
    """Return the ``adsHeader`` that product, calibration, noise and RFI annotations begin with."""
    return el(
        "adsHeader",
        el("missionId", image.scene.passed.mission),
        el("productType", image.product_type),
        el("polarisation", image.polarization.upper()),
        el("mode", image.scene.mode.beam),
        el("swath", image.swath_name),
        el("startTime", anno(image.start)),
        el("stopTime", anno(image.stop)),
        el("absoluteOrbitNumber", image.scene.passed.orbit),
        el("missionDataTakeId", image.scene.passed.datatake),
        el("imageNumber", f"{image.number:03d}"),
    )


def annotation(image: Image) -> bytes:
    """Return the product annotation of one image."""
    document = el(
        "product",
        header(image),
        quality_information(image),
        general_annotation(image),
        image_annotation(image),
        doppler_centroid(image),
        antenna_pattern(image),
        swath_timing(image),
        geolocation(image),
        coordinate_conversion(image),
        swath_merging(image),
    )
    return render(document)
