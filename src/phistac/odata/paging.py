"""How to walk a result to its end, however long, where ``$skip`` stops at 10,000 and ``nextLink`` vanishes silently.

Each page is asked for by position: the time at which the last one ended, and the Ids already delivered at that time.
Records that appear or vanish meanwhile cannot shift such a page. Where more records share one time than a page holds,
they are walked by a second time field, and where even that ties, by their names (:mod:`phistac.odata.namesplit`).

A :class:`Position` is a small value: it makes walks resumable, and is what page tokens carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError
from phistac.odata.filters import Comparison, Expression, all_of
from phistac.odata.namesplit import EVERYTHING, Share, conditions, split
from phistac.odata.query import MAX_TOP, Order, Query
from phistac.odata.times import instant, normalized, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, Any]

__all__ = ["Position", "describe", "page_query", "page_size", "read_page"]

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
    shares: tuple[Share, ...] = ()
    """In a tie of both fields: the shares of names still to be walked, the next one last."""
    until: str = ""
    """The time at which the walk began, by the clock of the service; products published later are not part of it."""

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes."""
        shares = [[share.begins, *share.but] for share in self.shares]
        values = {"e": self.edges, "p": self.passed, "s": self.seen, "b": self.before, "n": shares, "u": self.until}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items() if value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Position:
        """Return a position from its JSON form.

        Raises
        ------
        ValueError, TypeError, AttributeError
            If it is none.
        """
        edges, seen, before = (tuple(map(_text, value.get(name, ()))) for name in ("e", "s", "b"))
        shares = tuple(Share(_text(begins), tuple(map(_text, but))) for begins, *but in value.get("n", ()))
        return cls(edges, bool(value.get("p", False)), seen, before, shares, _text(value.get("u", "")))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def page_size(position: Position, most: int, *, limit: int = MAX_TOP) -> int:
    """Return how many rows to ask for at a position, so that ``most`` of them are new, if one page can hold them."""
    if position.shares:
        return limit  # a share is split unless it fits on a page
    # What lies at the edge comes again with the page.
    return max(1, min(most + len(position.seen) + len(position.before), limit))


def page_query(query: Query, position: Position, size: int, *, skip: int = 0) -> Query:
    """Return the request for the page at a position.

    Parameters
    ----------
    query : Query
        The whole search. Without an order it is walked by ``ContentDate/Start``, newest first.
    position : Position
        From :func:`read_page`; ``Position()`` at the start.
    size : int
        Rows on the page, at most.
    skip : int
        Rows to pass over from the position on: for pages asked for ahead, which have to be joined to those before.
    """
    order, keys = _order(query)
    depth = _depth(position)
    inside = [] if query.filter is None else [query.filter]
    if position.until and query.entity == "Products":
        inside.append(Comparison("PublicationDate", "le", instant(position.until)))
    tied = position.edges if position.shares else position.edges[:-1]
    inside += [_window(keys[level], edge) for level, edge in enumerate(tied)]
    if position.shares:
        inside += conditions(position.shares[-1])
    elif position.edges and position.edges[-1]:
        inside.append(_beyond(keys[depth], position.edges[-1], order, position.passed))
    return replace(
        query,
        filter=all_of(inside) if inside else None,
        orderby=Order(keys[depth], order.descending),
        top=size,
        skip=skip,
    )


def read_page(
    query: Query,
    position: Position,
    rows: Sequence[Row],
    *,
    more: bool,
    most: int | None = None,
    limit: int = MAX_TOP,
) -> tuple[list[Row], Position | None]:
    """Return the rows of a page that were not delivered before, and the position after them.

    Parameters
    ----------
    query, position
        What the page was asked for with.
    rows : sequence of mapping
        Everything that the page holds.
    more : bool
        Whether something may follow: the page is full, or the service says so.
    most : int, optional
        Rows to deliver; what is too much belongs to the next page.
    limit : int
        Rows that a page can hold.

    Returns
    -------
    fresh : list of mapping
        Each Id once; may be none though more follow.
    position : Position or None
        ``None`` at the end of the walk.

    Raises
    ------
    IncompleteResultError
        If records are equal in both times and in name, and more than a page holds.
    CatalogueError
        If a row lacks the time by which it is sorted.
    """
    if position.shares and more:
        parts = split(position.shares[-1], [str(row.get("Name", "")) for row in rows])
        return [], replace(position, shares=(*position.shares[:-1], *reversed(parts)))
    known = {*position.seen, *position.before}
    fresh: list[Row] = []
    for at, row in enumerate(rows):
        if row["Id"] in known or _published_later(row, position.until):
            continue
        if most is not None and len(fresh) == most:
            rows, more = rows[:at], True
            break
        known.add(row["Id"])
        fresh.append(row)
    return fresh, _next(query, position, rows, more=more, limit=limit)


def describe(query: Query, position: Position, *, skip: int = 0, size: int = MAX_TOP) -> str:
    """Return words for the page at a position, for messages."""
    order, keys = _order(query)
    words = [f"{keys[level]} {edge}" for level, edge in enumerate(position.edges) if edge]
    side = "until" if order.descending else "from"
    where = f" {side} {' and '.join(words)}" if words else " from the start"
    if position.shares:
        where += f", names that begin with {position.shares[-1].begins!r}"
    return f"{query.entity}{where}, rows {skip + 1} to {skip + size} from there"


def _published_later(row: Row, until: str) -> bool:
    # The first page was asked for before it was known when the walk begins.
    return bool(until) and normalized(row.get("PublicationDate") or until) > until


def _next(query: Query, position: Position, rows: Sequence[Row], *, more: bool, limit: int) -> Position | None:
    _, keys = _order(query)
    depth = _depth(position)
    if position.shares:
        return _after_share(position, rows, more=more)
    if not rows or not more:
        return _outward(position)
    first, last = _key(rows[0], keys[depth]), _key(rows[-1], keys[depth])
    here = tuple(row["Id"] for row in rows if _key(row, keys[depth]) == last)
    if first != last:
        return replace(position, edges=(*position.edges[:depth], last), passed=False, seen=here)
    delivered = tuple(dict.fromkeys((*position.seen, *here)))
    at_edge = replace(position, edges=(*position.edges[:depth], last), passed=False, seen=delivered)
    if len(delivered) + len(position.before) < limit:  # a larger page still brings something new
        return at_edge
    if depth + 1 < len(keys):  # a whole page of one time: walk it by the other field
        return replace(at_edge, edges=(last, ""), seen=(), before=delivered)
    return replace(at_edge, shares=(EVERYTHING,))


def _after_share(position: Position, rows: Sequence[Row], *, more: bool) -> Position | None:
    here = dict.fromkeys(row["Id"] for row in rows)
    if more:  # cut: the rest of the share is still to be delivered
        return replace(position, seen=tuple(dict.fromkeys((*position.seen, *here))))
    left = replace(
        position, shares=position.shares[:-1], seen=tuple(each for each in position.seen if each not in here)
    )
    return left if left.shares else _outward(position)


def _outward(position: Position) -> Position | None:
    """Return where the walk goes on when the innermost level is exhausted."""
    if position.shares:
        return replace(position, passed=True, seen=(), shares=())
    if len(position.edges) > 1:
        return replace(position, edges=position.edges[:1], passed=True, seen=(), before=())
    return None


def _depth(position: Position) -> int:
    return max(len(position.edges), 1) - 1


def _order(query: Query) -> tuple[Order, tuple[str, ...]]:
    order = query.orderby or Order(descending=True)
    breaker = next(field for field in _TIE_BREAKERS[query.entity] if field != order.field)
    return order, (order.field, breaker)


def _key(row: Row, field: str) -> str:
    value: Any = row
    for part in field.split("/"):
        value = value.get(part) if value else None
    if not value:
        raise CatalogueError(f"the record {row.get('Name', row['Id'])!r} has no {field}, by which the result is sorted")
    return text(instant(value))


def _window(field: str, edge: str) -> Expression:
    start = instant(edge)
    return Comparison(field, "ge", start) & Comparison(field, "lt", _later(start))


def _beyond(field: str, edge: str, order: Order, passed: bool) -> Expression:  # noqa: FBT001 - private, one caller
    at = instant(edge)
    if order.descending:
        return Comparison(field, "lt", at if passed else _later(at))
    return Comparison(field, "ge", _later(at) if passed else at)


def _later(at: datetime) -> datetime:
    # Times end in the year 9999.
    return at if at >= datetime.max.replace(tzinfo=UTC) else at + _MICROSECOND
