"""One request of the catalogue and its answer, at a polite rate. Walks, lists of names and counts are made of these."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from phistac.errors import CatalogueError
from phistac.odata.times import text
from phistac.remote.budget.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.odata.paging import Position
    from phistac.odata.query import Query
    from phistac.remote.web.http import Http
    from phistac.settings import Settings

__all__ = ["Answer", "Answers"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of rows as the catalogue gave it."""

    rows: Sequence[Mapping[str, Any]]
    more: bool
    """Whether something may follow: the page is full, or the catalogue says so."""
    count: int | None
    """``@odata.count`` where it was asked for."""
    at: str
    """When the catalogue answered, by its own clock; to the second."""

    def frozen(self, position: Position) -> Position:
        """Return the position of a walk whose first page this is; any other unchanged.

        From then on, products published after this moment are not part of the walk. The clock is the service's: one of
        ours that is slow would hide the newest products. It tells seconds, so products published in the second in which
        the walk begins are not part of it either. What fits on one page is all of one moment, and is not frozen.
        """
        return replace(position, until=self.at) if self.more and not position.edges else position


class Answers:
    """Asks the catalogue; may be used by several threads.

    Parameters
    ----------
    http : Http
        What sends the requests, again where that is worth it.
    settings : Settings
        Where the catalogue is; ``searches`` and ``searches_per_minute``.
    """

    def __init__(self, http: Http, settings: Settings) -> None:
        self.width = settings.searches
        """Requests that may be under way at once."""
        self._http = http
        self._url = settings.catalogue_url
        self._turns = threading.BoundedSemaphore(self.width)
        self._pace = Pace(settings.searches_per_minute)

    def get(self, query: Query) -> Answer:
        """Return one page.

        Raises
        ------
        CatalogueError
            If the catalogue refuses the query, or its answer is no list of records.
        ServiceError
            If no answer comes, in spite of retries.
        """
        url = f"{self._url}/{query.entity}"
        return self._ask(query, "GET", url, params=query.params())

    def post_names(self, names: Sequence[str], query: Query) -> Answer:
        """Return the products of these names, of which unknown ones are left out; errors as :meth:`get`."""
        # Options of a POST are in its address too.
        url = f"{self._url}/Products/OData.CSC.FilterList?{urlencode(query.params())}"
        body = {"FilterProducts": [{"Name": name} for name in names]}
        return self._ask(query, "POST", url, json=body)

    def _ask(self, query: Query, method: str, url: str, **options: Any) -> Answer:
        time.sleep(self._pace.reserve())
        with self._turns:
            return _answer(*self._http.dated_json(method, url, **options), query)


def _answer(found: Any, date: str | None, query: Query) -> Answer:
    if not isinstance(found, dict) or not isinstance(found.get("value"), list):
        raise CatalogueError(
            f"the catalogue's answer for {query.entity} has no list of records",
            remedy="Check catalogue_url in the settings.",
        )
    rows, count = found["value"], found.get("@odata.count")
    more = len(rows) >= (query.top or 0) or "@odata.nextLink" in found
    return Answer(rows, more, count if isinstance(count, int) else None, _moment(date))


def _moment(date: str | None) -> str:
    try:
        at = parsedate_to_datetime(date or "").astimezone(UTC)
    except ValueError:
        at = datetime.now(UTC)
    return text(at.replace(microsecond=0))
