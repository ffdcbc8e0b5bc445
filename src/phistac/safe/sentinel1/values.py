"""From the lists of an annotation to arrays, a column at a time, loudly.

A list of an annotation has records alike: two hundred tie points of nine numbers each. One XPath expression reads one
column of all of them in C; asking every record for every number in Python takes ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from lxml import etree

from phistac.errors import FormatError
from phistac.safe.times import nanoseconds
from phistac.safe.xml import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.safe.xml import Element

__all__ = [
    "FloatArray",
    "IntArray",
    "Records",
    "TimeArray",
    "column",
    "degrees",
    "first_row",
    "flags",
    "integers",
    "number",
    "polynomials",
    "records",
    "rows",
    "table",
    "times",
]

FloatArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.floating]]
IntArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
TimeArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]
_Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one list.

    Attributes
    ----------
    container : Element or None
        The list; ``None`` where the file has none.
    name : str
        Of the records.
    size : int
        How many there are.
    """

    container: Element | None
    name: str
    size: int

    def elements(self, path: str) -> list[Element]:
        """Return the element at ``path`` of each record; raises FormatError unless each has just one."""
        if self.container is None:
            return []
        found: list[Element] = _xpath(f"{self.name}/{path}", self.container)
        owners: Iterable[Element | None] = found
        for _ in path.split("/"):
            owners = [None if element is None else element.getparent() for element in owners]
        if len(found) != self.size or len(set(owners)) != self.size:  # as many, and no two of one record
            raise FormatError(f"not every <{self.name}> has one <{path}>")
        return found

    def texts(self, path: str) -> list[str]:
        """Return the text at ``path`` of each record; raises FormatError where it is missing or empty."""
        found = [(element.text or "").strip() for element in self.elements(path)]
        if not all(found):
            raise FormatError(f"<{self.name}> has an empty <{path}>")
        return found


def _xpath(expression: str, element: Element) -> Any:
    return etree.XPath(expression)(element)


def records(root: Element, path: str) -> Records:
    """Return the records at ``path``; raises FormatError where a list's ``count`` disagrees (a cut or edited file)."""
    parent, _, name = path.rpartition("/")
    container = root.find(parent)
    if container is None:
        return Records(None, name, 0)
    size = int(_xpath(f"count({name})", container))
    stated = container.get("count")
    if stated is not None and stated != str(size):
        raise FormatError(f"<{parent}> says it has {stated[:20]} <{name}>, but has {size}")
    return Records(container, name, size)


def number(element: Element, path: str) -> float:
    """Return the number at ``path``; raises FormatError if it is missing or no number."""
    value = text(element, path, name=f"<{element.tag}>")
    try:
        return float(value)
    except ValueError as error:
        raise FormatError(f"<{path}> is {value[:40]!r}, not a number") from error


def column(found: Records, path: str) -> FloatArray:
    """Return one number of each record, as float64 of shape (n,)."""
    return _numbers(found, path, np.float64)


def integers(found: Records, path: str) -> IntArray:
    """Return one whole number of each record, as int64 of shape (n,)."""
    return _numbers(found, path, np.int64)


def times(found: Records, path: str) -> TimeArray:
    """Return one time of each record, as datetime64[ns] of shape (n,)."""
    return nanoseconds(found.texts(path))


def flags(found: Records, path: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return whether each record says ``true``, of shape (n,)."""
    return np.array([value.lower() == "true" for value in found.texts(path)], dtype=np.bool_)


def _numbers(found: Records, path: str, dtype: type[np.generic]) -> _Array:
    try:
        return np.array(found.texts(path), dtype=dtype)
    except (ValueError, OverflowError) as error:
        raise FormatError(f"<{path}> of <{found.name}> is not a number: {error}") from error


def rows(found: Records, path: str, dtype: type[np.generic]) -> list[_Array]:
    """Return the white-space separated numbers of each record; raises FormatError where ``count`` disagrees."""
    return [_row(element, dtype) for element in found.elements(path)]


def first_row(found: Records, path: str, dtype: type[np.generic]) -> _Array:
    """Return the numbers of the first record alone; raises FormatError where there is none."""
    element = None if found.container is None else found.container.find(f"{found.name}/{path}")
    if element is None:
        raise FormatError(f"the file has no <{found.name}> with a <{path}>")
    return _row(element, dtype)


def table(found: Records, path: str, dtype: type[np.generic], *, width: int) -> _Array:
    """Return the numbers of all records, of shape (n, width); raises FormatError where a record has more or fewer."""
    arrays = rows(found, path, dtype)
    if any(array.size != width for array in arrays):
        raise FormatError(f"a <{path}> of <{found.name}> has not {width} numbers")
    return np.array(arrays, dtype=dtype).reshape(found.size, width)


def polynomials(found: Records, path: str) -> FloatArray:
    """Return one polynomial of each record, as float64 of shape (n, degree + 1); lower degrees end in zeros."""
    arrays = rows(found, path, np.float64)
    filled = np.zeros((len(arrays), max((values.size for values in arrays), default=0)))
    for filled_row, values in zip(filled, arrays, strict=True):
        filled_row[: values.size] = values
    return filled


def degrees(found: Records, path: str) -> int:
    """Return how many coefficients the longest polynomial has, without reading any."""
    return max((len((element.text or "").split()) for element in found.elements(path)), default=0)


def _row(element: Element, dtype: type[np.generic]) -> _Array:
    written, stated = element.text or "", element.get("count", "")
    values = _fast(written, dtype, int(stated)) if stated.isdecimal() and len(stated) < 10 else None  # noqa: PLR2004 - a gigabyte of text
    if values is None:
        try:
            values = np.array(written.split(), dtype=dtype)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"<{element.tag}> is not a list of numbers: {error}") from error
    if stated not in ("", str(values.size)):
        raise FormatError(f"<{element.tag}> says it has {stated[:20]} numbers, but has {values.size}")
    return values


def _fast(written: str, dtype: type[np.generic], size: int) -> _Array | None:
    """Read numbers in C, five times as fast; ``None`` where numpy stumbles, and the slow way says over what."""
    try:
        values: _Array = np.fromstring(written, dtype=dtype, sep=" ")
    except (ValueError, DeprecationWarning):
        return None
    clipped = values.dtype.kind == "i" and values.size and np.iinfo(values.dtype).max in (values.max(), -values.min())
    return None if clipped or values.size != size else values
