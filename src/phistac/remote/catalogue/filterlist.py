"""Products by their names in bulk: the ``FilterList`` action, which takes a list by POST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError, IncompleteResultError, ServiceError
from phistac.odata.query import MAX_TOP, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from phistac.remote.catalogue.answers import Answers

__all__ = ["rows_by_name"]

_AT_ONCE = 200  # how many it takes is not documented; names have about 70 characters


def rows_by_name(answers: Answers, names: Iterable[str], *, expand: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the products of these names in the order of the names; unknown names have no row.

    Parameters
    ----------
    answers : Answers
        What asks the catalogue.
    names : iterable of str
        Each counts once.
    expand : tuple of str
        What the rows bring with them.

    Raises
    ------
    IncompleteResultError
        If some of them cannot be had.
    """
    wanted = list(dict.fromkeys(names))
    query = Query("Products", top=MAX_TOP, expand=expand)
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        try:
            rows = _rows(answers, some, query)
        except (ServiceError, CatalogueError) as error:
            raise IncompleteResultError(
                f"{len(some)} of {len(wanted)} products could not be asked for by name, {some[0]} the first: {error}",
                remedy="Nothing was returned as whole; ask again later.",
            ) from error
        order = {name: number for number, name in enumerate(some)}
        yield from sorted(rows, key=lambda row: order.get(row["Name"], len(some)))


def _rows(answers: Answers, names: Sequence[str], query: Query) -> list[Mapping[str, Any]]:
    answer = answers.post_names(names, query)
    if not answer.more:
        return list(answer.rows)
    if len(names) == 1:
        raise CatalogueError(f"more than {MAX_TOP} products are called {names[0]!r}")
    half = len(names) // 2
    return _rows(answers, names[:half], query) + _rows(answers, names[half:], query)
