"""XML documents written as nested calls: small, escaped, and laid out as the processors of the missions do.

Products are written with this and never read with it, so it knows nothing of parsing, entities or schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Node", "counted", "el", "render", "values"]


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its tag, its attributes and what is inside."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    inside: tuple[Node, ...] | str


def el(tag: str, *inside: Node | str | float | None, attributes: Mapping[str, object] | None = None) -> Node:
    """Return an element with text or with child elements inside (``None`` among these is left out).

    Examples
    --------
    >>> render(el("a", el("b", 1), attributes={"x": "<"})).decode().splitlines()[1:]
    ['<a x="&lt;">', '  <b>1</b>', '</a>']
    """
    pairs = tuple((name, str(value)) for name, value in (attributes or {}).items())
    if len(inside) == 1 and not isinstance(inside[0], Node) and inside[0] is not None:
        return Node(tag, pairs, str(inside[0]))
    return Node(tag, pairs, tuple(child for child in inside if isinstance(child, Node)))


def counted(tag: str, items: Iterable[Node]) -> Node:
    """Return a list element, with the ``count`` attribute that Sentinel-1 lists carry."""
    children = tuple(items)
    return Node(tag, (("count", str(len(children))),), children)


def values(tag: str, numbers: Iterable[float], form: str) -> Node:
    """Return an element that holds numbers separated by blanks, counted as in Sentinel-1 annotations."""
    texts = [form % number for number in numbers]
    return Node(tag, (("count", str(len(texts))),), " ".join(texts))


def render(root: Node, *, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>', indent: str = "  ") -> bytes:
    """Return the document as UTF-8, ending in a line feed."""
    lines = [declaration]
    _lines(root, "", indent, lines)
    return ("\n".join(lines) + "\n").encode()


def _lines(node: Node, margin: str, indent: str, lines: list[str]) -> None:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes)
    if isinstance(node.inside, str):
        lines.append(f"{margin}<{node.tag}{attributes}>{escape(node.inside, quote=False)}</{node.tag}>")
        return
    if not node.inside:
        lines.append(f"{margin}<{node.tag}{attributes}/>")
        return
    lines.append(f"{margin}<{node.tag}{attributes}>")
    for child in node.inside:
        _lines(child, margin + indent, indent, lines)
    lines.append(f"{margin}</{node.tag}>")
