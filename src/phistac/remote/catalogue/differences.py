"""Why a walk delivered fewer records than were counted when it began."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from phistac.errors import IncompleteResultError
from phistac.odata.filters import All, Comparison, Expression, all_of, fields_of
from phistac.odata.paging import Position, page_query, read_page
from phistac.odata.query import MAX_TOP, Order, Query
from phistac.odata.times import instant

if TYPE_CHECKING:
    from phistac.remote.catalogue.answers import Answers

__all__ = ["WalkReport", "explained", "kept_of_deleted"]

_NOT_KEPT = frozenset({"PublicationDate", "ModificationDate", "Online"})


@dataclass(frozen=True, slots=True)
class WalkReport:
    """What came of a walk.

    Examples
    --------
    >>> print(WalkReport(delivered=98, counted=100, removed=3))
    100 records counted, 98 delivered; 2 of the 3 records deleted meanwhile were gone before their page was read
    """

    delivered: int
    """Rows delivered."""
    counted: int | None = None
    """Rows counted at the start, if that was asked for."""
    until: str = ""
    """Products published later were not part of the walk; "" if it was a single page."""
    removed: int = 0
    """Records of the search deleted since the start; asked for only if some are missing."""
    names: tuple[str, ...] = ()
    """Their names, where the catalogue keeps them: those of products."""

    @property
    def missing(self) -> int:
        """Rows counted and not delivered."""
        return max(0, (self.counted or 0) - self.delivered)

    def __str__(self) -> str:
        if self.counted is None:
            return f"{self.delivered} records delivered, not counted"
        words = f"{self.counted} records counted, {self.delivered} delivered"
        if not self.missing:
            return words
        return (
            f"{words}; {self.missing} of the {self.removed} records deleted meanwhile "
            "were gone before their page was read"
        )


def explained(answers: Answers, query: Query, counted: int | None, delivered: int, *, since: str) -> WalkReport:
    """Compare a finished walk with its count, and explain what is missing by what was deleted meanwhile.

    Parameters
    ----------
    answers : Answers
        What asks the catalogue; it is asked only if something is missing.
    query : Query
        The whole search.
    counted : int, optional
        Rows that the catalogue counted at the start.
    delivered : int
        Rows that came.
    since : str
        When the walk began.

    Raises
    ------
    IncompleteResultError
        If more is missing than was deleted.
    """
    wanted = counted if counted is None or query.top is None else min(counted, query.top)
    report = WalkReport(delivered, wanted, since)
    if not report.missing:
        return report
    if query.entity == "Products" and since:
        names = _deleted(answers, query, since)
        report = replace(report, removed=len(names), names=names)
    else:  # nothing is kept of those
        left = answers.get(replace(query, top=1, skip=0, count=True, orderby=None)).count
        report = replace(report, removed=(counted or 0) - (left or 0))
    if report.missing > report.removed:
        raise IncompleteResultError(
            f"the catalogue counted {wanted} records of {query.entity} and delivered {delivered}; "
            f"{report.removed} were deleted meanwhile, which does not explain it",
            remedy="Search again.",
        )
    return report


def _deleted(answers: Answers, query: Query, since: str) -> tuple[str, ...]:
    began = Comparison("DeletionDate", "ge", instant(since))
    kept = kept_of_deleted(query.filter)
    gone = Query("DeletedProducts", all_of((began,) if kept is None else (kept, began)), Order("DeletionDate"))
    position: Position | None = Position()
    names: list[str] = []
    while position is not None:
        answer = answers.get(page_query(gone, position, MAX_TOP))
        rows, position = read_page(gone, position, answer.rows, more=answer.more)
        names += [str(row.get("Name")) for row in rows]
    return tuple(names)


def kept_of_deleted(filter_: Expression | None) -> Expression | None:
    """Return the conditions that deleted products can be searched by."""
    parts = filter_.operands if isinstance(filter_, All) else (() if filter_ is None else (filter_,))
    kept = [part for part in parts if not fields_of(part) & _NOT_KEPT]
    return all_of(kept) if kept else None
