"""What changed in one part of a search since it was looked at last, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from phistac.odata.filters import Comparison, Expression, all_of
from phistac.odata.marks import Marks, Step, StepKind, behind
from phistac.odata.query import Order, Query
from phistac.odata.times import instant, normalized
from phistac.remote.catalogue.differences import kept_of_deleted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import timedelta

    from phistac.remote.catalogue.catalogue import Catalogue
    from phistac.remote.stacapi.pages import Pages

    Row = Mapping[str, Any]

__all__ = ["Change", "Feed"]


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """Something that was added to the result of a search, changed in it or deleted from it."""

    kind: Literal["added", "updated", "deleted"]
    """What happened to it."""
    item: dict[str, Any]
    """The STAC Item; of what was deleted, as far as the catalogue remembers it."""
    at: str
    """When it was published, modified or deleted."""
    cause: str = ""
    """Why it was deleted, in the words of the catalogue."""

    @property
    def id(self) -> str:
        """Id of the Item."""
        return str(self.item["id"])

    def __repr__(self) -> str:
        return f"<Change: {self.id} {self.kind} at {self.at}>"


@dataclass(frozen=True)
class Feed:
    """The changes of one part of a search.

    Parameters
    ----------
    products : Pages
        The products that are followed, and what makes Items of them.
    overlap : timedelta
        How far to look back behind the marks.
    bursts : tuple of Pages, optional
        What is reported in place of the products: those of their bursts that these find. A product whose bursts are not
        in the catalogue yet waits for them.
    """

    products: Pages
    overlap: timedelta
    bursts: tuple[Pages, ...] = ()

    def marks(self) -> Marks:
        """Return the marks of who has not begun yet."""
        return Marks(sources=set() if self.bursts else None)

    def steps(self, marks: Marks) -> Iterator[tuple[Step, Iterable[Change]]]:
        """Yield what is to be done next, and what is to be reported with it.

        The caller reports, then takes note of the step in ``marks``, then asks for the next.
        """
        if not marks.begun:
            yield from self._begin()
        else:
            yield from self._waited(marks)
            yield from self._updated(marks)
        yield from self._added(marks)
        yield from self._deleted(marks)

    @property
    def _catalogue(self) -> Catalogue:
        return self.products.catalogue

    @property
    def _query(self) -> Query:
        return self.products.part.query

    def _begin(self) -> Iterator[tuple[Step, Iterable[Change]]]:
        """Follow updates and deletions from now on: everything that is there will be reported as added."""
        newest = self._newest(self._deletions(""), "DeletionDate")
        since = behind(newest, self.overlap)
        for row in self._catalogue.rows(self._deletions(since)) if newest else ():
            yield Step("deleted", row["Id"], "", normalized(row["DeletionDate"])), ()
        yield Step("begun", at=self._newest(self._query, "ModificationDate")), ()

    def _updated(self, marks: Marks) -> Iterator[tuple[Step, Iterable[Change]]]:
        until = self._newest(self._query, "ModificationDate")
        if marks.added:
            query = self._from("ModificationDate", behind(marks.updated, self.overlap))
            for row in self._catalogue.rows(query.where(Comparison("PublicationDate", "le", instant(marks.added)))):
                step = _step("updated", row)
                updated = marks.is_updated(step.id, step.published, step.at, self.overlap)
                if updated and step.id not in marks.waiting:
                    found = self._changes("updated", row, step.at)
                    yield (step, found) if found else (step._replace(kind="passed"), ())
        yield Step("known", at=until), ()

    def _added(self, marks: Marks) -> Iterator[tuple[Step, Iterable[Change]]]:
        for row in self._catalogue.rows(self._from("PublicationDate", behind(marks.added, self.overlap))):
            step = _step("added", row)
            if not marks.is_new(step.id):
                continue
            found = self._changes("added", row, step.published)
            if found:
                yield step, found
            else:
                missing = self.bursts and not self._has_bursts(step.id)
                yield step._replace(kind="waiting" if missing else "passed"), ()

    def _waited(self, marks: Marks) -> Iterator[tuple[Step, Iterable[Change]]]:
        for identifier, (published, modified) in tuple(marks.waiting.items()):
            found = self._changes("added", {"Id": identifier}, published)
            if found:
                yield Step("added", identifier, published, modified), found
            elif self._has_bursts(identifier):
                yield Step("passed", identifier, published, modified), ()

    def _has_bursts(self, identifier: str) -> bool:
        one = Query("Bursts", Comparison("ParentProductId", "eq", identifier), top=1)
        return any(True for _ in self._catalogue.rows(one))

    def _deleted(self, marks: Marks) -> Iterator[tuple[Step, Iterable[Change]]]:
        for row in self._catalogue.rows(self._deletions(behind(marks.deleted, self.overlap))):
            step = Step("deleted", row["Id"], "", normalized(row["DeletionDate"]))
            if not marks.is_gone(step.id, step.at):
                continue
            if marks.sources is not None and step.id not in marks.sources:
                yield step, ()
            else:
                made = self.products.wanted((row,))
                yield step, (Change("deleted", item, step.at, row.get("DeletionCause") or "") for _, item in made)

    def _changes(self, kind: Literal["added", "updated"], row: Row, at: str) -> Iterable[Change]:
        """Return what a product is reported as; the first is looked for now, and without one it is empty."""
        found = (item for _, item in self._wanted(row))
        first = next(found, None)
        return () if first is None else (Change(kind, item, at) for item in chain((first,), found))

    def _wanted(self, row: Row) -> Iterator[tuple[int, dict[str, Any]]]:
        if not self.bursts:
            yield from self.products.wanted((row,))
        for pages in self.bursts:
            query = pages.part.query.where(Comparison("ParentProductId", "eq", row["Id"]))
            yield from pages.wanted(self._catalogue.rows(query))

    def _from(self, field: str, since: str) -> Query:
        """Return the products of the search in the order of a time, from one on."""
        query = replace(self._query, orderby=Order(field))
        return query.where(Comparison(field, "ge", instant(since))) if since else query

    def _deletions(self, since: str) -> Query:
        parts: list[Expression] = [Comparison("DeletionDate", "ge", instant(since))] if since else []
        kept = kept_of_deleted(self._query.filter)
        parts += [] if kept is None else [kept]
        whole = all_of(parts) if parts else None
        return Query("DeletedProducts", whole, Order("DeletionDate"), expand=("Attributes",))

    def _newest(self, query: Query, field: str) -> str:
        row = next(iter(self._catalogue.rows(replace(query, orderby=Order(field, descending=True), top=1))), None)
        return "" if row is None else normalized(row[field])


def _step(kind: StepKind, row: Row) -> Step:
    published = normalized(row["PublicationDate"])
    return Step(kind, row["Id"], published, normalized(row.get("ModificationDate") or published))
