"""Annotation, calibration, noise and manifest of a product, cut down to one burst.

As the service's own extractor does it: line numbers shifted by the burst's first line, the burst list and the grid of
tie points reduced to the burst, the manifest to the files that are left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lxml import etree

from phistac.errors import FormatError
from phistac.sandbox.odata.bursttiff import HEADER_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cut_annotation", "cut_manifest", "shift_lines"]

_LINES = ("line", "firstAzimuthLine", "lastAzimuthLine")


def cut_annotation(data: bytes, *, first: int, lines: int) -> bytes:
    """Return the annotation of the burst that begins at a line of the measurement.

    Raises
    ------
    FormatError
        If it is no annotation with such a burst.
    """
    root = _parse(data)
    bursts = root.findall("swathTiming/burstList/burst")
    index = first // lines if lines else 0
    if not bursts or index >= len(bursts):
        raise FormatError(f"the annotation has no burst at line {first}")
    for burst in bursts[:index] + bursts[index + 1 :]:
        _remove(burst)
    _count(root, "swathTiming/burstList")
    _set(root, "swathTiming/burstList/burst/byteOffset", str(HEADER_SIZE))
    _set(root, "imageAnnotation/imageInformation/numberOfLines", str(lines))
    _cut_times(root, lines)
    for point in root.findall("geolocationGrid/geolocationGridPointList/geolocationGridPoint"):
        if not first <= int(point.findtext("line", "-1")) <= first + lines:
            _remove(point)
    _count(root, "geolocationGrid/geolocationGridPointList")
    _shift(root, first)
    return _text(root)


def shift_lines(data: bytes, first: int) -> bytes:
    """Return calibration or noise annotation with lines counted from the burst's first."""
    root = _parse(data)
    _shift(root, first)
    return _text(root)


def cut_manifest(data: bytes, files: Mapping[str, tuple[int, str]]) -> bytes:
    """Return the manifest with only these files.

    Parameters
    ----------
    data : bytes
        The product's manifest.
    files : mapping
        Size and MD5 by path relative to the product.
    """
    root = _parse(data)
    gone = set()
    for item in root.findall("dataObjectSection/dataObject"):
        href = item.find("byteStream/fileLocation")
        known = None if href is None else files.get(href.get("href", "").removeprefix("./"))
        if known is None:
            gone.add(item.get("ID"))
            _remove(item)
            continue
        size, md5 = known
        item.find("byteStream").set("size", str(size))
        _set(item, "byteStream/checksum", md5)
    for pointer in root.xpath("//dataObjectPointer"):
        if pointer.get("dataObjectID") in gone:
            _remove(pointer.getparent())
    return _text(root)


def _cut_times(root: Any, lines: int) -> None:
    start = root.findtext("swathTiming/burstList/burst/azimuthTime", "")
    interval = float(root.findtext("imageAnnotation/imageInformation/azimuthTimeInterval", "0"))
    stop = datetime.fromisoformat(start) + timedelta(seconds=interval * (lines - 1))
    for names, value in (
        (("adsHeader/startTime", "imageAnnotation/imageInformation/productFirstLineUtcTime"), start),
        (
            ("adsHeader/stopTime", "imageAnnotation/imageInformation/productLastLineUtcTime"),
            f"{stop:%Y-%m-%dT%H:%M:%S.%f}",
        ),
    ):
        for name in names:
            _set(root, name, value)


def _shift(root: Any, first: int) -> None:
    for name in _LINES:
        for element in root.iter(name):
            element.text = " ".join(str(int(number) - first) for number in (element.text or "").split())


def _parse(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(f"not XML: {error}") from error


def _text(root: Any) -> bytes:
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _count(root: Any, path: str) -> None:
    element = root.find(path)
    if element is not None:
        element.set("count", str(len(element)))


def _set(root: Any, path: str, value: str) -> None:
    element = root.find(path)
    if element is not None:
        element.text = value
