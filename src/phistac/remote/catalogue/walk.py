"""One whole result, however long: a few pages at a time, in order, each Id once.

A walk begins at a position and asks for several pages from there at once, with ``$skip``, each overlapping the one
before by one row. Where that row is not the same on both, records were removed meanwhile: the later page is dropped and
the walk goes on from the last row that it delivered. So it does at the latest where ``$skip`` would reach its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError, IncompleteResultError, ServiceError
from phistac.odata.paging import Position, describe, page_query, page_size, read_page
from phistac.odata.query import MAX_SKIP, MAX_TOP, Query
from phistac.remote.catalogue.ahead import Ahead
from phistac.remote.catalogue.differences import WalkReport, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from phistac.remote.catalogue.answers import Answer, Answers

    Row = Mapping[str, Any]

__all__ = ["Walk"]

_STEP = MAX_TOP - 1  # pages overlap by the row that joins them


@dataclass(frozen=True, slots=True)
class _Leg:
    """Pages asked for from one position on."""

    base: Position
    number: int = 0
    """The page, counted from there."""
    joint: str = ""
    """Id of the last row of the page before."""

    @property
    def skip(self) -> int:
        return self.number * _STEP

    def query(self, query: Query, size: int) -> Query:
        return page_query(query, self.base, size, skip=self.skip)


class Walk:
    """A walk over a result; iterate over it once. :meth:`phistac.remote.catalogue.catalogue.Catalogue.walk` makes one.

    Parameters
    ----------
    answers : Answers
        What asks the catalogue.
    query : Query
        The whole search; its ``top`` limits the whole.
    verify : bool
        Count first, and compare at the end.
    position : Position, optional
        Where to begin.

    Examples
    --------
    >>> walk = catalogue.walk(query, verify=True)  # doctest: +SKIP
    >>> names = [row["Name"] for row in walk]  # doctest: +SKIP
    >>> print(walk.report)  # doctest: +SKIP
    60000 records counted, 59993 delivered; 7 of the 10 records deleted meanwhile were gone before their page was read
    """

    def __init__(
        self, answers: Answers, query: Query, *, verify: bool = False, position: Position | None = None
    ) -> None:
        self._answers = answers
        self._query = query
        self._verify = verify
        self._from = position or Position()  # where the page that is being delivered begins
        self._page: tuple[Sequence[Row], bool, int] = ((), False, 0)
        self._ended = False
        self._counted: int | None = None
        self.delivered = 0
        """Rows delivered so far."""
        self.report: WalkReport | None = None
        """What came of it; there when the walk has ended."""

    @property
    def position(self) -> Position | None:
        """Where the next row is, for another walk of the same query to go on; ``None`` when there is none."""
        rows, more, taken = self._page
        if self._ended:
            return None
        if not taken:
            return self._from
        return read_page(self._query, self._from, rows, more=more, most=taken)[1]

    def __iter__(self) -> Iterator[Row]:
        leg = _Leg(self._from)
        with Ahead(self._answers.get, self._answers.width) as ahead:
            while True:
                answer = self._take(ahead, leg)
                if leg.joint and (not answer.rows or answer.rows[0]["Id"] != leg.joint):
                    leg = _Leg(self._from)  # records were removed before this page
                    continue
                self._begin(answer)
                fresh, following = read_page(
                    self._query, self._from, answer.rows, more=answer.more, most=self._wanted()
                )
                for number, row in enumerate(fresh, start=1):
                    self._page = answer.rows, answer.more, number
                    self.delivered += 1
                    yield row
                if following is None or self._wanted() == 0:
                    break
                leg = _onward(leg, answer.rows, following)
                self._page, self._from = ((), False, 0), following
        self._ended = following is None
        self.report = explained(self._answers, self._query, self._counted, self.delivered, since=self._from.until)

    def _begin(self, answer: Answer) -> None:
        """Fix on the first page what belongs to the walk, and how many that are."""
        before, self._from = self._from, answer.frozen(self._from)
        if self._verify and self._counted is None:
            self._counted = answer.count
            if self._from != before:
                whole = page_query(self._query, self._from, 1)
                self._counted = self._answers.get(replace(whole, count=True, expand=(), orderby=None)).count

    def _wanted(self) -> int | None:
        return None if self._query.top is None else self._query.top - self.delivered

    def _take(self, ahead: Ahead, leg: _Leg) -> Answer:
        count = self._verify and self._counted is None
        try:
            answer = ahead.take(self._next_queries(leg, ahead.width, count=count))
        except (ServiceError, CatalogueError) as error:
            if not self.delivered or isinstance(error, IncompleteResultError):
                raise
            raise IncompleteResultError(
                f"after {self.delivered} records a page could not be had: "
                f"{describe(self._query, leg.base, skip=leg.skip)} ({error.message.rstrip('.')})",
                remedy="Nothing was returned as whole. Search again later, or go on from the position of the walk.",
            ) from error
        return answer

    def _next_queries(self, leg: _Leg, width: int, *, count: bool) -> list[Query]:
        """Return the queries of the pages that come next, the one that is needed now first."""
        wanted = MAX_TOP if self._query.top is None else min(MAX_TOP, self._query.top - self.delivered)
        size = MAX_TOP if leg.number else page_size(leg.base, wanted)
        if leg.base == Position() or count or size < MAX_TOP:  # most results are one page
            return [replace(leg.query(self._query, size), count=count)]
        if leg.base.shares:
            pending = leg.base.shares
            ends = range(len(pending), max(len(pending) - width, 0), -1)
            return [page_query(self._query, replace(leg.base, shares=pending[:end]), size) for end in ends]
        left = width if self._query.top is None else -(-(self._query.top - self.delivered) // _STEP)
        legs = (replace(leg, number=leg.number + ahead) for ahead in range(min(width, left)))
        return [each.query(self._query, size) for each in legs if each.skip <= MAX_SKIP]


def _onward(leg: _Leg, rows: Sequence[Row], following: Position) -> _Leg:
    """Return the next page of this leg, or the first of a new one where it cannot go on."""
    level = len(leg.base.edges) or 1
    same = level == len(following.edges) and not following.shares and not following.passed and not leg.base.shares
    if not same or leg.skip + _STEP > MAX_SKIP or len(rows) < MAX_TOP or leg.base == Position():
        return _Leg(following)
    return replace(leg, number=leg.number + 1, joint=rows[-1]["Id"])
