"""How far somebody has followed the changes of a result: marks, and what was reported near them.

The catalogue stamps records when they are published, modified and deleted, but they become visible a little later, not
in the order of their stamps. So each call looks back behind its marks by an *overlap*, and remembers what it reported
within it. New records are told from modified ones by the mark of publication: who was published before it was reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from phistac.odata.times import instant, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Marks", "Step", "StepKind", "behind"]

StepKind: TypeAlias = Literal["added", "updated", "deleted", "passed", "waiting", "known", "begun"]

_PATIENCE = timedelta(days=3)


class Step(NamedTuple):
    """One thing that was done: a change reported, or a mark moved."""

    kind: StepKind
    """``passed``: seen, and nothing that belongs to it is wanted. ``waiting``: what belongs to it is not there yet.
    ``known``: everything modified until ``at`` is reported. ``begun``: so it is, for all that is there will be reported
    as added."""
    id: str = ""
    published: str = ""
    at: str = ""
    """When it was modified, or deleted."""


@dataclass(slots=True)
class Marks:
    """What step after step leads to. Times are in the one spelling of the catalogue, so that they compare as text."""

    added: str = ""
    """Products published until then are reported."""
    updated: str = ""
    """Modifications until then are reported."""
    deleted: str = ""
    """Deletions until then are reported."""
    begun: bool = False
    """Whether updates and deletions are followed already."""
    recent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id: when published, when modified, of what was reported within the overlap."""
    gone: dict[str, str] = field(default_factory=dict)
    """Id: when deleted, likewise."""
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id: when published, when modified, of products that wait for what belongs to them; for three days."""
    sources: set[str] | None = None
    """Ids of products of which something was reported, where not every product is one; ``None`` where every one is."""

    def note(self, step: Step) -> None:
        """Take note of a step; doing so twice is the same as once."""
        self.waiting.pop(step.id, None)
        if step.kind == "deleted":
            self.deleted = max(self.deleted, step.at)
            self.gone[step.id] = step.at
            if self.sources is not None:
                self.sources.discard(step.id)
            return
        if step.kind in {"known", "begun"}:
            self.updated = max(self.updated, step.at)
            self.begun = self.begun or step.kind == "begun"
            return
        if step.kind == "updated":
            self.updated = max(self.updated, step.at)
        else:
            self.added = max(self.added, step.published)
        if step.kind == "waiting":
            self.waiting[step.id] = (step.published, step.at)
        if self.sources is not None and step.kind in {"added", "updated"}:
            self.sources.add(step.id)
        self.recent[step.id] = (step.published, step.at)

    def is_new(self, identifier: str) -> bool:
        """Whether a product from the overlap on, by publication, is still to be reported as added."""
        return identifier not in self.recent

    def is_updated(self, identifier: str, published: str, modified: str, overlap: timedelta) -> bool:
        """Whether a product from the overlap on, by modification, is to be reported as updated."""
        reported = self.recent.get(identifier)
        if reported is not None:
            return reported[1] < modified
        return published < behind(self.added, overlap)  # or else it is new: it will be reported as added

    def is_gone(self, identifier: str, deleted: str) -> bool:
        """Whether a deletion from the overlap on is still to be reported."""
        return self.gone.get(identifier) != deleted

    def forget(self, overlap: timedelta) -> None:
        """Drop what lies before the overlap."""
        published, modified = behind(self.added, overlap), behind(self.updated, overlap)
        deleted = behind(self.deleted, overlap)
        self.recent = {key: at for key, at in self.recent.items() if at[0] >= published or at[1] >= modified}
        self.gone = {key: at for key, at in self.gone.items() if at >= deleted}
        long_ago = behind(self.added, _PATIENCE)
        self.waiting = {key: at for key, at in self.waiting.items() if at[0] >= long_ago}

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes."""
        return {
            "added": self.added,
            "updated": self.updated,
            "deleted": self.deleted,
            "begun": self.begun,
            "recent": {key: list(at) for key, at in self.recent.items()},
            "gone": self.gone,
            "waiting": {key: list(at) for key, at in self.waiting.items()},
            "sources": None if self.sources is None else sorted(self.sources),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Marks:
        """Return marks from their JSON form."""
        recent, waiting = (
            {key: (str(at[0]), str(at[1])) for key, at in value[name].items()} for name in ("recent", "waiting")
        )
        added, updated, deleted = (str(value[name]) for name in ("added", "updated", "deleted"))
        sources = None if value["sources"] is None else set(map(str, value["sources"]))
        return cls(added, updated, deleted, bool(value["begun"]), recent, dict(value["gone"]), waiting, sources)


def behind(mark: str, overlap: timedelta) -> str:
    """Return the time from which to look again; "" for the beginning.

    Examples
    --------
    >>> behind("2024-08-01T12:00:00.000000Z", timedelta(hours=1))
    '2024-08-01T11:00:00.000000Z'
    """
    return text(instant(mark) - overlap) if mark else ""
