"""What is left of a ``$filter`` once it is known to be one that the catalogue takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from phistac.sandbox.odata.fields import Field

__all__ = ["Attribute", "Comparison", "Expression", "Intersection", "Junction", "Negation", "OneOf", "TextMatch"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plain field against a value; times in microseconds."""

    field: Field
    operator: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A part of the name."""

    function: Literal["contains", "startswith", "endswith"]
    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these names; from FilterList, never from a filter."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute lambda: some attribute of this name and type has such a value."""

    name: str
    kind: str
    operator: str
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Intersection:
    """The footprint touches an area, given as WKT that is known to be valid."""

    wkt: str


@dataclass(frozen=True, slots=True)
class Negation:
    """Not this."""

    part: Expression


@dataclass(frozen=True, slots=True)
class Junction:
    """All of these (``and``), or any of them (``or``)."""

    operator: Literal["and", "or"]
    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | TextMatch | OneOf | Attribute | Intersection | Negation | Junction
