"""Reading what lies in a user's folder: XML without entities or network, text by local names, footprints as rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from lxml import etree
from shapely.affinity import translate

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from phistac.sandbox.archive.rows import Footprint

__all__ = ["attributes_of", "load", "rings", "text", "texts"]


def load(path: Path) -> etree._Element:
    """Return the root element of an XML file.

    Raises
    ------
    FormatError
        If the file is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(
            f"{path.name} in {path.parent.name} is not XML: {error}", remedy="Take the product out of the folder."
        ) from error


def _find(root: etree._Element, name: str) -> list[etree._Element]:
    found = root.xpath(".//*[local-name()=$name]", name=name)
    return [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []  # noqa: SLF001 - lxml's own public type has no other name


def texts(root: etree._Element, name: str) -> list[str]:
    """Return the text of every element with this local name."""
    return [(node.text or "").strip() for node in _find(root, name)]


def text(root: etree._Element, name: str, default: str | None = None) -> str:
    """Return the text of the first element with this local name.

    Raises
    ------
    FormatError
        If there is none and no default.
    """
    for found in texts(root, name):
        return found
    if default is None:
        raise FormatError(f"no element {name} in {root.tag}", remedy="Take the product out of the folder.")
    return default


def attributes_of(root: etree._Element, name: str) -> list[dict[str, str]]:
    """Return the attributes of every element with this local name."""
    return [{str(key): str(value) for key, value in node.attrib.items()} for node in _find(root, name)]


def rings(points: Sequence[tuple[float, float]]) -> list[Footprint]:
    """Return an outline (longitude, latitude) as the catalogue shows it: closed, and cut at the antimeridian.

    An outline that crosses neither the antimeridian nor itself keeps its points and their order; fewer than three
    different points give nothing.
    """
    if len(set(points)) < 3:
        return []
    closed = [*points] if points[0] == points[-1] else [*points, points[0]]
    unwrapped = [closed[0]]
    for longitude, latitude in closed[1:]:
        turns = round((unwrapped[-1][0] - longitude) / 360)
        unwrapped.append((longitude + 360 * turns, latitude))
    plain = shapely.Polygon(unwrapped)
    if plain.is_valid and all(-180 <= longitude <= 180 for longitude, _ in unwrapped):
        return [unwrapped]
    shape = shapely.make_valid(plain)
    parts: list[Footprint] = []
    for turn in (-360, 0, 360):
        inside = shapely.intersection(translate(shape, turn), shapely.box(-180, -90, 180, 90))
        parts += [
            [(float(x), float(y)) for x, y in piece.exterior.coords]
            for piece in shapely.get_parts(inside)
            if isinstance(piece, shapely.Polygon) and piece.area > 1e-9
        ]
    return parts
