"""A search of the catalogue as data: which records, in which order, how many, with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlencode

from phistac.errors import QueryError
from phistac.odata.filters import Expression, all_of, render

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_SKIP", "MAX_TOP", "SORTABLE", "Entity", "Order", "Query"]

Entity: TypeAlias = Literal["Products", "Bursts", "DeletedProducts"]

MAX_TOP = 1000
"""Records on one page, at most."""
MAX_SKIP = 10_000
"""``$skip`` beyond this is answered with 422 (since 2024-11-12)."""

_TIMES = ("ContentDate/Start", "ContentDate/End")
SORTABLE: Mapping[str, tuple[str, ...]] = {
    "Products": (*_TIMES, "PublicationDate", "ModificationDate"),
    "Bursts": _TIMES,
    "DeletedProducts": (*_TIMES, "PublicationDate", "ModificationDate", "DeletionDate"),
}
"""Fields that ``$orderby`` takes, by entity; one at a time."""
_EXPANDABLE = {"Products": ("Attributes", "Assets", "Locations"), "Bursts": (), "DeletedProducts": ("Attributes",)}


@dataclass(frozen=True, slots=True)
class Order:
    """A field to sort by; the service adds the Id as a second key."""

    field: str = "ContentDate/Start"
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field} {'desc' if self.descending else 'asc'}"


@dataclass(frozen=True, slots=True)
class Query:
    """One request of the catalogue, or, read to its end by :mod:`phistac.remote.catalogue.catalogue`, one whole result.

    Examples
    --------
    >>> from phistac.odata.filters import Comparison
    >>> Query("Products", Comparison("Name", "eq", "X"), top=1).params()
    {'$filter': "Name eq 'X'", '$top': '1'}
    """

    entity: Entity = "Products"
    filter: Expression | None = None
    orderby: Order | None = None
    top: int | None = None
    """Records wanted, at most; ``None`` for the service's own 20 on one page, or for all of them in a walk."""
    skip: int = 0
    expand: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    count: bool = False

    def __post_init__(self) -> None:
        if self.orderby is not None and self.orderby.field not in SORTABLE[self.entity]:
            raise QueryError(
                f"{self.entity} cannot be sorted by {self.orderby.field}",
                remedy=f"The catalogue sorts by {', '.join(SORTABLE[self.entity])}.",
            )
        unknown = [name for name in self.expand if name not in _EXPANDABLE[self.entity]]
        if unknown:
            raise QueryError(f"{self.entity} cannot be expanded by {unknown[0]}")
        if not 0 <= self.skip <= MAX_SKIP:
            raise QueryError(f"$skip is {self.skip}", remedy=f"The catalogue skips at most {MAX_SKIP} records.")
        if self.top is not None and self.top < 0:
            raise QueryError(f"{self.top} records cannot be asked for")

    def where(self, condition: Expression) -> Query:
        """Return the query with one more condition."""
        return replace(self, filter=condition if self.filter is None else all_of((self.filter, condition)))

    def params(self) -> dict[str, str]:
        """Return the query options, not yet encoded for a URL."""
        options = {
            "$filter": "" if self.filter is None else render(self.filter),
            "$orderby": "" if self.orderby is None else str(self.orderby),
            "$top": "" if self.top is None else str(min(self.top, MAX_TOP)),
            "$skip": str(self.skip or ""),
            "$expand": ",".join(self.expand),
            "$select": ",".join(self.select),
            "$count": "True" if self.count else "",
        }
        return {name: value for name, value in options.items() if value}

    def encoded(self) -> str:
        """Return the query options as they stand in a URL."""
        return urlencode(self.params())
