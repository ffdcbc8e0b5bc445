"""Geometry of one Sentinel-1 image, from its annotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import number
from phistac.safe.times import nanoseconds
from phistac.safe.xml import int_text, text

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["ImageInfo", "image_info"]

_PIXELS = {
    ("Complex", "16 bit Signed Integer"): "cint16",
    ("Detected", "16 bit Unsigned Integer"): "uint16",
}


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """Geometry of one image.

    Attributes
    ----------
    swath, polarization, mode, product_type : str
        As the annotation's header says.
    lines, samples : int
        Shape of the image.
    pixel : str
        ``cint16`` (pairs of int16, real and imaginary) or ``uint16``.
    projection : str
        ``Slant Range`` or ``Ground Range``.
    first_line_time, last_line_time, ascending_node_time : str
        UTC, as written, to the microsecond.
    azimuth_time_interval : float
        Seconds between lines.
    slant_range_time : float
        Two-way time to the first sample, in seconds.
    range_sampling_rate, radar_frequency : float
        In Hz.
    range_pixel_spacing, azimuth_pixel_spacing : float
        In meters.
    incidence_angle_mid_swath, azimuth_steering_rate : float
        In degrees, and degrees per second.
    """

    swath: str
    polarization: str
    mode: str
    product_type: str
    lines: int
    samples: int
    pixel: str
    projection: str
    first_line_time: str
    last_line_time: str
    ascending_node_time: str
    azimuth_time_interval: float
    slant_range_time: float
    range_sampling_rate: float
    radar_frequency: float
    range_pixel_spacing: float
    azimuth_pixel_spacing: float
    incidence_angle_mid_swath: float
    azimuth_steering_rate: float


def image_info(root: Element) -> ImageInfo:
    """Read the geometry from a parsed annotation.

    Raises
    ------
    FormatError
        If something is missing, or the pixels are of an unknown type.
    """
    image, general = "imageAnnotation/imageInformation/", "generalAnnotation/productInformation/"
    moments = [
        text(root, image + name) for name in ("productFirstLineUtcTime", "productLastLineUtcTime", "ascendingNodeTime")
    ]
    nanoseconds(moments)  # they stay strings, but must be times
    lines, samples = int_text(root, image + "numberOfLines"), int_text(root, image + "numberOfSamples")
    if lines < 1 or samples < 1:
        raise FormatError(f"the annotation has an image of {lines} lines and {samples} samples")
    return ImageInfo(
        swath=text(root, "adsHeader/swath"),
        polarization=text(root, "adsHeader/polarisation"),
        mode=text(root, "adsHeader/mode"),
        product_type=text(root, "adsHeader/productType"),
        lines=lines,
        samples=samples,
        pixel=_pixel(root, image),
        projection=_projection(text(root, general + "projection")),
        first_line_time=moments[0],
        last_line_time=moments[1],
        ascending_node_time=moments[2],
        azimuth_time_interval=number(root, image + "azimuthTimeInterval"),
        slant_range_time=number(root, image + "slantRangeTime"),
        range_sampling_rate=number(root, general + "rangeSamplingRate"),
        radar_frequency=number(root, general + "radarFrequency"),
        range_pixel_spacing=number(root, image + "rangePixelSpacing"),
        azimuth_pixel_spacing=number(root, image + "azimuthPixelSpacing"),
        incidence_angle_mid_swath=number(root, image + "incidenceAngleMidSwath"),
        azimuth_steering_rate=number(root, general + "azimuthSteeringRate"),
    )


def _pixel(root: Element, image: str) -> str:
    stated = (text(root, image + "pixelValue"), text(root, image + "outputPixels"))
    if stated not in _PIXELS:
        raise FormatError(f"the annotation has pixels of an unknown type: {stated[0]}, {stated[1]}")
    return _PIXELS[stated]


def _projection(stated: str) -> str:
    if stated not in ("Slant Range", "Ground Range"):
        raise FormatError(f"the annotation has an image in the unknown projection {stated[:40]!r}")
    return stated
