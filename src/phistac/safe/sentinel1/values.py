"""From elements of an annotation to numbers and arrays, loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from phistac.errors import FormatError
from phistac.safe.times import nanoseconds
from phistac.safe.xml import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.safe.xml import Element

__all__ = ["FloatArray", "IntArray", "TimeArray", "column", "number", "polynomials", "records", "rows", "times"]

FloatArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.floating]]
IntArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
TimeArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]


def records(root: Element, path: str) -> list[Element]:
    """Return the elements at ``path``; raises FormatError where a list's ``count`` disagrees (a cut or edited file)."""
    parent, _, name = path.rpartition("/")
    container = root.find(parent)
    if container is None:
        return []
    found = container.findall(name)
    stated = container.get("count")
    if stated is not None and stated != str(len(found)):
        raise FormatError(f"<{parent}> says it has {stated[:20]} <{name}>, but has {len(found)}")
    return found


def number(element: Element, path: str) -> float:
    """Return the number at ``path``; raises FormatError if it is missing or no number."""
    value = text(element, path, name=f"<{element.tag}>")
    try:
        return float(value)
    except ValueError as error:
        raise FormatError(f"<{path}> is {value[:40]!r}, not a number") from error


def column(elements: Sequence[Element], path: str) -> FloatArray:
    """Return one number of each element, as float64 of shape (n,)."""
    return np.array([number(element, path) for element in elements], dtype=np.float64)


def times(elements: Sequence[Element], path: str) -> TimeArray:
    """Return one time of each element, as datetime64[ns] of shape (n,)."""
    return nanoseconds([text(element, path, name=f"<{element.tag}>") for element in elements])


def rows(
    elements: Sequence[Element], path: str, dtype: type[np.generic]
) -> list[np.ndarray[tuple[int], np.dtype[np.generic]]]:
    """Return the white-space separated numbers of each element; raises FormatError where ``count`` disagrees."""
    arrays = []
    for element in elements:
        found = element.find(path)
        if found is None:
            raise FormatError(f"<{element.tag}> has no <{path}>")
        try:
            values = np.array((found.text or "").split(), dtype=dtype)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"<{path}> is not a list of numbers: {error}") from error
        if found.get("count", str(values.size)) != str(values.size):
            raise FormatError(f"<{path}> says it has {found.get('count', '')[:20]} numbers, but has {values.size}")
        arrays.append(values)
    return arrays


def polynomials(elements: Sequence[Element], path: str) -> FloatArray:
    """Return one polynomial of each element, as float64 of shape (n, degree + 1); lower degrees end in zeros."""
    found = rows(elements, path, np.float64)
    filled = np.zeros((len(found), max((values.size for values in found), default=0)))
    for number_, values in enumerate(found):
        filled[number_, : values.size] = values
    return filled
