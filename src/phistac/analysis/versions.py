"""One version of each acquisition: products are processed again, and the catalogue keeps the old ones beside the new.

Two products are versions of one acquisition when

- Sentinel-2: platform, type, start of the datatake, tile and datastrip are the same. The higher baseline is kept, then
  the newer processing. A tile that is split between two datastrips is two acquisitions, both kept.
- Sentinel-1: the names differ in nothing but the last four characters, or one is the cloud optimized twin (``_COG``) of
  a GRD. ESA's original is kept before a twin, then the newer processing.
- Sentinel-3, 5P: the names differ in nothing but when, where and by which version they were processed.
- Bursts: the id is the same, of two products that are versions of one.
- Anything: the id is the same, as when two searches found it both.

Everything else is kept: what cannot be told apart for certain is not dropped. Names, not attributes, say what belongs
together, so that Items without attributes and those of CDSE's own catalogue work as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

__all__ = ["Choice", "Facts", "Version", "choose"]

_TIME = r"\d{8}T\d{6}"
_S1 = re.compile(r"(?P<key>S1[A-Z]_.{2}_[A-Z]{3}[FHM_]_.{4}_.*)_[0-9A-F]{4}(?P<twin>_COG)?")
_S2 = re.compile(
    rf"(?P<unit>S2[A-Z])_(?P<kind>MSI[A-Z0-9]{{3}})_(?P<start>{_TIME})_(?:N(?P<baseline>\d{{4}})_)?R(?P<orbit>\d{{3}})_"
    r"T(?P<tile>\d\d[A-Z]{3})_(?P<made>\d{8}T\d{5,6})"
)
_S3 = re.compile(
    rf"(?P<key>S3[A-Z_]_.{{11}}_{_TIME}_{_TIME})_(?P<made>{_TIME})_(?P<instance>.{{17}})_[A-Z0-9_]{{3}}_[A-Z_]_"
    r"(?P<timeliness>[A-Z0-9]{2})_(?P<baseline>\d{3})"
)
_S5P = re.compile(
    rf"(?P<key>S5P_[A-Z]{{4}}_.{{10}}_{_TIME}_{_TIME}_\d{{5}})_(?P<baseline>\d{{2}}_\d{{6}})_(?P<made>\d{{8}}T\d{{6}})"
)
_DATASTRIP = re.compile(rf"_S({_TIME})(?:_|$)")  # S2A_OPER_MSI_L1C_DS_2APS_20251203T183534_S20251203T182159_N05.11
_LATER = ("processing:datetime", "created", "published", "updated")

_AGAIN = "the same product again"
_TWIN = "the cloud optimized twin of one that is kept"
_BASELINE = "processed with a lower baseline"
_OLDER = "processed earlier"
_UNKNOWN = "processed again; which is the newer is not said, kept by name"


@dataclass(frozen=True, slots=True)
class Facts:
    """What of an Item its version follows from."""

    id: str
    properties: Mapping[str, Any]
    source: str = ""
    """Of a burst, the product that it is part of: bursts of two processings have the same id."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One that is dropped, in favor of which, and why; by position."""

    dropped: int
    kept: int
    reason: str


@dataclass(frozen=True, slots=True)
class Version:
    """What a name says of version and acquisition."""

    key: Hashable
    """The same for all versions of an acquisition (of Sentinel-2: but for the datastrip)."""
    original: bool = True
    baseline: str = ""
    made: str = ""
    datastrip: str | None = ""
    """When the datastrip starts; ``None`` where it should say so and does not."""

    @classmethod
    def of(cls, facts: Facts) -> Version:
        """Read the id of an Item."""
        name = facts.id.partition(".")[0]
        if (match := _S2.fullmatch(name)) is not None:
            found = _DATASTRIP.search(str(facts.properties.get("eopf:datastrip_id") or ""))
            key = match.group("unit", "kind", "start", "orbit", "tile")
            return cls(key, True, match["baseline"] or "", match["made"], found[1] if found else None)
        if (match := _S1.fullmatch(name)) is not None:
            return cls(match["key"], match["twin"] is None)
        if (match := _S3.fullmatch(name)) is not None:
            key = match.group("key", "instance", "timeliness")
            return cls(key, True, match["baseline"], match["made"])
        if (match := _S5P.fullmatch(name)) is not None:
            return cls(match["key"], True, match["baseline"], match["made"])
        return cls((facts.id,))


def choose(items: Sequence[Facts]) -> list[Choice]:
    """Say which Items to drop, so that one version of each acquisition is left.

    Parameters
    ----------
    items : sequence of Facts
        In any order; the choice does not depend on it.

    Returns
    -------
    list of Choice
        In the order of what is dropped.
    """
    first: dict[tuple[str, str], int] = {}
    choices = []
    groups: dict[Hashable, list[int]] = {}
    versions: dict[int, Version] = {}
    for at, facts in enumerate(items):
        kept = first.setdefault((facts.id, facts.source), at)
        if kept != at:
            choices.append(Choice(at, kept, _AGAIN))
            continue
        versions[at] = Version.of(facts)
        groups.setdefault(versions[at].key, []).append(at)
    for group in groups.values():
        if len(group) > 1:
            choices += _within(group, items, versions)
    return sorted(choices, key=lambda choice: choice.dropped)


def _within(group: list[int], items: Sequence[Facts], versions: Mapping[int, Version]) -> Iterator[Choice]:
    """Choose among the versions of one acquisition, or of one tile in one datatake."""
    if any(versions[at].datastrip is None for at in group):
        # Without datastrips, two of one baseline may be the halves of a split tile: only lower baselines go.
        best = max(group, key=lambda at: (versions[at].baseline, versions[at].made, items[at].id))
        lower = [at for at in group if versions[at].baseline < versions[best].baseline]
        yield from (Choice(at, best, _BASELINE) for at in lower)
        group = [at for at in group if at not in set(lower)]
    strips: dict[Hashable, list[int]] = {}
    for at in group:
        version = versions[at]
        strips.setdefault(at if version.datastrip is None else version.datastrip, []).append(at)
    for strip in strips.values():
        yield from _newest(strip, items, versions)


def _newest(group: list[int], items: Sequence[Facts], versions: Mapping[int, Version]) -> Iterator[Choice]:
    if len(group) == 1:
        return
    originals = [at for at in group if versions[at].original]
    candidates = originals or group
    top = max(versions[at].baseline for at in candidates)
    candidates = [at for at in candidates if versions[at].baseline == top]
    moments = _moments(candidates, items, versions)
    kept = max(candidates, key=lambda at: (moments[at], items[at].id, items[at].source))
    for at in group:
        if at == kept:
            continue
        if versions[at].original < versions[kept].original:
            reason = _TWIN
        elif versions[at].baseline < top:
            reason = _BASELINE
        else:
            reason = _OLDER if moments[at] < moments[kept] else _UNKNOWN
        yield Choice(at, kept, reason)


def _moments(group: Sequence[int], items: Sequence[Facts], versions: Mapping[int, Version]) -> dict[int, datetime]:
    """Return when each was processed, by the first of the properties that all of them have; else by their names."""
    for name in _LATER:
        found = [_moment(items[at], name) for at in group]
        known = [moment for moment in found if moment is not None]
        if len(known) == len(group):
            return dict(zip(group, known, strict=True))
    return {at: _named(versions[at].made) for at in group}


def _moment(facts: Facts, name: str) -> datetime | None:
    value = facts.properties.get(name)
    if value is None or value != value:  # NaT is not equal to itself  # noqa: PLR0124
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise QueryError(f"{name} of {facts.id} is no time: {str(value)[:40]!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named(made: str) -> datetime:
    # Some names of tests and tools lack the last digit of a second.
    return datetime.fromisoformat(made.ljust(15, "0")).replace(tzinfo=UTC) if made else datetime.min.replace(tzinfo=UTC)
