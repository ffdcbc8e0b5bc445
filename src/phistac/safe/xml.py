"""The one XML parser: no entities, no network, no DTD, no huge trees.

Manifests and annotations come from a server, or from whoever packed the folder; nothing in them may open a file, call a
host or blow up memory. A document with a DOCTYPE is refused: no product has one.
"""

from __future__ import annotations

import re

from lxml import etree

from phistac.errors import FormatError

__all__ = ["floats", "int_text", "integers", "parse", "text"]

_DOCTYPE = "No product has them: do not trust it."
# A document type, and the entities in it, can only stand before the root element, between comments and instructions.
_PROLOG = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*+<!", re.DOTALL)

Element = etree._Element  # noqa: SLF001 - lxml names its element type so, in its own stubs too


def parse(data: bytes, *, name: str = "XML document") -> Element:
    """Parse bytes into an element tree.

    Parameters
    ----------
    data : bytes
        The whole document.
    name : str, optional
        What to call it in an error.

    Returns
    -------
    lxml.etree._Element
        The root.

    Raises
    ------
    FormatError
        If it is not well-formed, is cut off, or declares a document type (and so could declare entities).

    Examples
    --------
    >>> parse(b"<a><b>1</b></a>").findtext("b")
    '1'
    """
    if _PROLOG.match(data):
        raise FormatError(f"{name} declares a document type or entities", remedy=_DOCTYPE)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FormatError(f"{name} is not well-formed XML: {error}", remedy="Is it whole?") from error
    if root.getroottree().docinfo.internalDTD is not None:  # the same in another encoding, such as UTF-16
        raise FormatError(f"{name} declares a document type or entities", remedy=_DOCTYPE)
    return root


def text(element: Element, path: str, *, name: str = "XML document") -> str:
    """Return the stripped text of the first match of ``path``.

    Raises
    ------
    FormatError
        If there is no such element, or it is empty.
    """
    found = element.find(path)
    value = (found.text or "").strip() if found is not None else ""
    if not value:
        raise FormatError(f"{name} has no <{path}>")
    return value


def int_text(element: Element, path: str, *, name: str = "XML document") -> int:
    """Return :func:`text` as an integer.

    Raises
    ------
    FormatError
        If it is missing or not an integer.
    """
    value = text(element, path, name=name)
    try:
        return int(value)
    except ValueError as error:
        raise FormatError(f"{name}: <{path}> is {value[:40]!r}, not an integer") from error


def floats(value: str, *, name: str = "XML document") -> list[float]:
    """Return numbers separated by white space.

    Raises
    ------
    FormatError
        If one of them is not a number.
    """
    try:
        return [float(part) for part in value.split()]
    except ValueError as error:
        raise FormatError(f"{name}: {error}") from error


def integers(value: str, *, name: str = "XML document") -> list[int]:
    """Return integers separated by white space.

    Raises
    ------
    FormatError
        If one of them is not an integer.
    """
    try:
        return [int(part) for part in value.split()]
    except ValueError as error:
        raise FormatError(f"{name}: {error}") from error
