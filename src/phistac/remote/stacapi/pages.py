"""The Items of one part of a search: rows of the catalogue, translated, and checked where it could not be asked all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError, QueryError
from phistac.odata.paging import Position
from phistac.odata.query import MAX_TOP
from phistac.odata.records import burst, product
from phistac.stac.bursts import burst_item
from phistac.stac.checks import checker, document
from phistac.stac.explanation import CHECKED_AT_ONCE, IDS_AT_ONCE
from phistac.stac.items import item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phistac.remote.catalogue.catalogue import Catalogue
    from phistac.stac.checks import Check
    from phistac.stac.search import Part
    from phistac.stac.service import Service

__all__ = ["Pages"]

_GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class Pages:
    """Reads a part of a search.

    Parameters
    ----------
    catalogue : Catalogue
        Where records come from.
    service : Service
        Whose addresses the Items carry.
    part : Part
        From :func:`phistac.stac.search.to_parts`.
    """

    catalogue: Catalogue
    service: Service
    part: Part

    def items(self, *, verify: bool = False) -> Iterator[dict[str, Any]]:
        """Yield every Item, in constant memory."""
        if self.part.ids:
            rows: Iterable[Mapping[str, Any]] = self.catalogue.by_names(self.part.names)
        else:
            rows = self.catalogue.rows(self.part.query, verify=verify)
        yield from (made for _, made in self.wanted(rows))

    def page(self, position: Position, room: int) -> tuple[list[dict[str, Any]], Position | None]:
        """Return at most ``room`` Items from a position on, and the position after them; ``None`` at the end."""
        if self.part.ids:
            return self._of_ids(position, room)
        size = room if self.part.rest is None else min(max(room, CHECKED_AT_ONCE), MAX_TOP)
        while True:
            page = self.catalogue.page(self.part.query, position, size=size)
            kept = list(self.wanted(page.rows))
            if len(kept) <= room:
                return [made for _, made in kept], page.next
            size = kept[room - 1][0]  # a page that ends with the last one that there is room for

    def count(self) -> int | None:
        """Return the number of Items, or ``None`` where each would have to be fetched to be checked."""
        if self.part.ids:
            return sum(1 for _ in self.items())
        return None if self.part.rest is not None else self.catalogue.count(self.part.query)

    def _of_ids(self, position: Position, room: int) -> tuple[list[dict[str, Any]], Position | None]:
        """Go on after the id that the position names."""
        ids = self.part.ids
        start = ids.index(position.edges[0]) + 1 if position.edges and position.edges[0] in ids else 0
        some = ids[start : start + min(room, IDS_AT_ONCE)]
        found = list(replace(self, part=replace(self.part, ids=some)).items())
        return found, Position(edges=some[-1:]) if some[-1] != ids[-1] else None

    def wanted(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the Items of rows that pass, each with the number of its row, from 1."""
        check: Check | None = None if self.part.rest is None else checker(self.part.rest)
        for number, row in enumerate(rows, start=1):
            made = self._translated(row)
            if check is None or check(document(made, row)) is True:
                yield number, made

    def _translated(self, row: Mapping[str, Any]) -> dict[str, Any]:
        bursts = self.part.query.entity == "Bursts"
        try:
            made = burst_item(burst(row), self.service) if bursts else item(product(row), self.service)
        except QueryError as error:  # of a value that no search gave
            raise CatalogueError(f"the record {str(row.get('Name'))[:120]} makes no Item: {error.message}") from error
        links = [{"rel": "root", "href": self.service.root, "type": "application/json"}]
        if "collection" in made:
            links += [
                {"rel": "self", "href": self.service.item_url(made["collection"], made["id"]), "type": _GEOJSON},
                {"rel": "parent", "href": self.service.collection_url(made["collection"]), "type": "application/json"},
            ]
        made["links"] = [*links, *made["links"]]
        return made
