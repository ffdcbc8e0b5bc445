"""How to walk a result to its end, however long, where ``$skip`` stops at 10,000 and ``nextLink`` vanishes silently.

Each page is asked for by position: the time at which the last one ended, and the Ids already delivered at that time.
Records that appear or vanish meanwhile cannot shift such a page. Where more records share one time than a page holds,
they are walked by a second time field, and where even that ties, by ``$skip`` within the tie.

A :class:`Position` is a small value: it makes walks resumable, and is what page tokens carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError, IncompleteResultError
from phistac.odata.filters import Comparison, Expression, all_of
from phistac.odata.query import MAX_SKIP, Order, Query
from phistac.odata.times import instant, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Position", "fresh_rows", "next_position", "page_query"]

_TIE_BREAKERS = {
    "Products": ("PublicationDate", "ContentDate/Start"),
    "Bursts": ("ContentDate/End", "ContentDate/Start"),
    "DeletedProducts": ("DeletionDate", "ContentDate/Start"),
}
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk has come."""

    edges: tuple[str, ...] = ()
    """Value of the sort field, and of the tie-breaker inside a tie, at which the last page ended."""
    passed: bool = False
    """Whether everything at the edge is delivered, so that the walk goes on strictly beyond it."""
    seen: tuple[str, ...] = ()
    """Ids delivered at the edge."""
    before: tuple[str, ...] = ()
    """Ids delivered at the outer edge before its tie was found."""
    skip: int | None = None
    """Rows skipped in a tie of both fields."""

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes."""
        values = {"e": list(self.edges), "p": self.passed, "s": list(self.seen), "b": list(self.before), "k": self.skip}
        return {key: value for key, value in values.items() if value or (value == 0 and key == "k")}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Position:
        """Return a position from its JSON form."""
        return cls(
            edges=tuple(value.get("e", ())),
            passed=bool(value.get("p", False)),
            seen=tuple(value.get("s", ())),
            before=tuple(value.get("b", ())),
            skip=value.get("k"),
        )


def page_query(query: Query, position: Position, size: int) -> Query:
    """Return the request for the page at a position.

    Parameters
    ----------
    query : Query
        The whole search. Without an order it is walked by ``ContentDate/Start``, newest first.
    position : Position
        From :func:`next_position`; ``Position()`` at the start.
    size : int
        Rows on the page, at most.
    """
    order, keys = _order(query)
    depth = max(len(position.edges), 1) - 1
    conditions = [_window(keys[level], edge) for level, edge in enumerate(position.edges[:-1])]
    edge = position.edges[-1] if position.edges else ""
    if edge:
        tied = position.skip is not None
        conditions.append(_window(keys[depth], edge) if tied else _beyond(keys[depth], edge, order, position.passed))
    if query.filter is not None:
        conditions.insert(0, query.filter)
    return replace(
        query,
        filter=all_of(conditions) if conditions else None,
        orderby=Order(keys[depth], order.descending),
        top=size,
        skip=position.skip or 0,
    )


def fresh_rows(position: Position, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of a page that were not delivered before, each Id once."""
    known = {*position.seen, *position.before}
    return [row for row in rows if row["Id"] not in known and not known.add(row["Id"])]  # type: ignore[func-returns-value]  # `add` returns None, which is what makes it do both


def next_position(
    query: Query, position: Position, rows: Sequence[Mapping[str, Any]], *, more: bool
) -> Position | None:
    """Return the position after a page, or ``None`` at the end of the walk.

    Parameters
    ----------
    query, position
        What the page was asked for with.
    rows : sequence of mapping
        Everything that the page holds.
    more : bool
        Whether something may follow: the page is full, or the service says so.

    Raises
    ------
    IncompleteResultError
        If more records are equal in both fields than ``$skip`` reaches.
    """
    _, keys = _order(query)
    depth = max(len(position.edges), 1) - 1
    if not rows or not more:
        return _outward(position)
    if position.skip is not None:
        return _skip(position, rows, keys)
    first, last = _key(rows[0], keys[depth]), _key(rows[-1], keys[depth])
    here = tuple(row["Id"] for row in rows if _key(row, keys[depth]) == last)
    if first != last:
        return replace(position, edges=(*position.edges[:depth], last), passed=False, seen=here)
    delivered = tuple(dict.fromkeys((*position.seen, *here)))
    if depth + 1 < len(keys):  # a whole page of one time: walk it by the other field
        return Position(edges=(last, ""), before=delivered)
    return replace(position, edges=(*position.edges[:depth], last), passed=False, seen=delivered, skip=0)


def _skip(position: Position, rows: Sequence[Mapping[str, Any]], keys: tuple[str, ...]) -> Position:
    skip = (position.skip or 0) + len(rows)
    if skip > MAX_SKIP:
        raise IncompleteResultError(
            f"more than {MAX_SKIP} records share {keys[0]} {position.edges[0]} and {keys[1]} {position.edges[-1]}",
            remedy="Search a smaller area, or one collection, platform or tile at a time.",
        )
    return replace(position, skip=skip, seen=tuple(dict.fromkeys((*position.seen, *(row["Id"] for row in rows)))))


def _outward(position: Position) -> Position | None:
    """Return where the walk goes on when the innermost level is exhausted."""
    if position.skip is not None:
        return Position(edges=position.edges, passed=True, before=position.before)
    if len(position.edges) > 1:
        return Position(edges=position.edges[:1], passed=True)
    return None


def _order(query: Query) -> tuple[Order, tuple[str, ...]]:
    order = query.orderby or Order(descending=True)
    breaker = next(field for field in _TIE_BREAKERS[query.entity] if field != order.field)
    return order, (order.field, breaker)


def _key(row: Mapping[str, Any], field: str) -> str:
    value: Any = row
    for part in field.split("/"):
        value = value.get(part) if value else None
    if not value:
        raise CatalogueError(f"the record {row.get('Name', row['Id'])!r} has no {field}, by which the result is sorted")
    return text(instant(value))


def _window(field: str, edge: str) -> Expression:
    start = instant(edge)
    return Comparison(field, "ge", start) & Comparison(field, "lt", start + _MICROSECOND)


def _beyond(field: str, edge: str, order: Order, passed: bool) -> Expression:  # noqa: FBT001 - private, one caller
    at = instant(edge)
    if order.descending:
        return Comparison(field, "lt", at if passed else _later(at))
    return Comparison(field, "ge", _later(at) if passed else at)


def _later(at: datetime) -> datetime:
    # Times end in the year 9999.
    return at if at >= datetime.max.replace(tzinfo=UTC) else at + _MICROSECOND
