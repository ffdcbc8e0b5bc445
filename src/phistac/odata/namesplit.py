"""Records that are equal in every time, walked by their names: shares that each fit on one page.

The catalogue compares names with beginnings only, not by order. So a share is "begins with this, but with none of
those"; one that does not fit on a page is split by the letters that follow, and the rest, "none of these letters",
stays a share of its own. Nothing depends on which letters there are, nor on rows that come or go meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import IncompleteResultError
from phistac.odata.filters import Expression, NamePattern, Not

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EVERYTHING", "Share", "conditions", "split"]


@dataclass(frozen=True, slots=True)
class Share:
    """Names that begin with a text, and with none of some longer ones."""

    begins: str = ""
    but: tuple[str, ...] = ()


EVERYTHING = Share()


def conditions(share: Share) -> list[Expression]:
    """Return what makes a record one of the share; nothing for everything."""
    wanted: list[Expression] = [NamePattern("startswith", share.begins)] if share.begins else []
    return [*wanted, *(Not(NamePattern("startswith", other)) for other in share.but)]


def split(share: Share, names: Sequence[str]) -> tuple[Share, ...]:
    """Return shares that together are the whole share, and have no name in common.

    Parameters
    ----------
    share : Share
        What did not fit on a page.
    names : sequence of str
        Some of its names.

    Raises
    ------
    IncompleteResultError
        If all of those names are the same, so that no letter tells them apart.

    Examples
    --------
    >>> split(EVERYTHING, ["S1A_1", "S1A_2"])
    (Share(begins='S1A_1', but=()), Share(begins='S1A_2', but=()), Share(begins='', but=('S1A_1', 'S1A_2')))
    """
    common = _common(names)
    letters = sorted({name[len(common)] for name in names if len(name) > len(common)})
    if not letters:
        raise IncompleteResultError(
            f"{len(names)} records or more are called {common!r} and are equal in their times",
            remedy="Search a smaller area, or one collection at a time.",
        )
    longer = tuple(common + letter for letter in letters)
    parts = (Share(each, tuple(other for other in share.but if other.startswith(each))) for each in longer)
    return (*parts, Share(share.begins, (*share.but, *longer)))


def _common(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]
