"""What a search does, to be read: which requests, what the catalogue is asked, what is checked on this side."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.analysis.rendering import preformatted
from phistac.odata.filters import render
from phistac.odata.paging import Position, page_query
from phistac.odata.query import MAX_TOP, Query
from phistac.stac.cql2 import cql2_text

if TYPE_CHECKING:
    from phistac.stac.search import Part

__all__ = ["CHECKED_AT_ONCE", "IDS_AT_ONCE", "Explanation", "Step", "step"]

CHECKED_AT_ONCE = 200
"""Rows that are asked for at once, at least, where an unknown share of them is wanted."""
IDS_AT_ONCE = 200
"""Ids that are asked for in one list, at most."""
_SHOWN = 3
_INDENT = "   "


@dataclass(frozen=True)
class Step:
    """One query of a search."""

    collections: tuple[str, ...]
    """Whose Items it finds; empty for all products."""
    query: Query
    """The very query that runs, its first page."""
    here: str
    """What is checked on the Items, as CQL2 text; empty where the catalogue's answer is exact."""
    ids: tuple[str, ...] = ()
    """Ids that are asked for by list, in POST requests."""
    matched: int | None = None
    """Records that the catalogue finds, before anything is checked; ``None`` where it was not asked."""

    @property
    def filter(self) -> str:
        """What the catalogue is asked: ``$filter``, not yet encoded; empty for everything."""
        return "" if self.query.filter is None else render(self.query.filter)

    @property
    def page_size(self) -> int:
        """Records on a page."""
        return min(len(self.ids), IDS_AT_ONCE) if self.ids else (self.query.top or MAX_TOP)

    @property
    def pages(self) -> int | None:
        """Requests that it takes to have all; ``None`` where the records were not counted."""
        records = len(self.ids) or self.matched
        return None if records is None else max(1, -(-records // self.page_size))


@dataclass(frozen=True, repr=False)
class Explanation:
    """All queries of a search. Print it, or look at its ``steps``."""

    steps: tuple[Step, ...]
    catalogue_url: str

    def url(self, step: Step) -> str:
        """Return the address of the first request of a step, as it is sent."""
        action = "/OData.CSC.FilterList" if step.ids else ""
        return f"{self.catalogue_url}/{step.query.entity}{action}?{step.query.encoded()}"

    def __str__(self) -> str:
        if not self.steps:
            return "No request: nothing can match."
        return "\n".join(line for number, each in enumerate(self.steps, 1) for line in self._lines(number, each))

    def __repr__(self) -> str:
        asked = dict.fromkeys(name for each in self.steps for name in each.collections or ("all products",))
        queries = f"{len(self.steps)} {'query' if len(self.steps) == 1 else 'queries'}"
        return f"<Explanation: {queries} for {', '.join(asked)}>" if self.steps else "<Explanation: nothing can match>"

    def _repr_html_(self) -> str:
        return preformatted(str(self))

    def _lines(self, number: int, step: Step) -> list[str]:
        what = ", ".join(step.collections) or "all products"
        lines = [f"{number}. {what}: {step.query.entity}", f"{_INDENT}{'POST' if step.ids else 'GET'} {self.url(step)}"]
        if step.ids:
            more = f" and {len(step.ids) - _SHOWN} more" if len(step.ids) > _SHOWN else ""
            lines.append(f"{_INDENT}asked of the catalogue: the names of {', '.join(step.ids[:_SHOWN])}{more}")
        else:
            lines += _wrapped("asked of the catalogue: ", step.filter or "everything")
        lines += _wrapped("checked here: ", step.here or "nothing, the catalogue's answer is exact")
        return [*lines, f"{_INDENT}{_amount(step)}"]


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, 120, initial_indent=f"{_INDENT}{label}", subsequent_indent=2 * _INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _amount(step: Step) -> str:
    pages = "" if step.pages is None else f"{step.pages:,} page{'s' if step.pages > 1 else ''}"
    if step.ids:
        return f"{len(step.ids):,} ids: {pages} of at most {step.page_size}"
    order = step.query.orderby
    how = f"pages of {step.page_size:,}, sorted by {order}"
    if step.matched is None:
        return f"{how}; how many is not known until it is counted: explain(search, count=True)"
    return f"{step.matched:,} records: {pages} ({how})"


def step(part: Part, *, limit: int | None = None, matched: int | None = None) -> Step:
    """Return one part of a search as a step.

    Parameters
    ----------
    part : Part
        From :func:`phistac.stac.search.to_parts`.
    limit : int, optional
        The size of a page that the search asks for.
    matched : int, optional
        Records that the catalogue counted.
    """
    here = "" if part.rest is None else cql2_text(part.rest)
    if part.ids:
        return Step(part.collections, Query(part.query.entity, top=MAX_TOP, expand=part.query.expand), here, part.ids)
    size = min(limit or MAX_TOP, MAX_TOP) if part.rest is None else min(max(limit or MAX_TOP, CHECKED_AT_ONCE), MAX_TOP)
    return Step(part.collections, page_query(part.query, Position(), size), here, matched=matched)
