"""Burst ids in all spellings: ``t008_015804_iw2`` here, ``008_015804_IW2`` at ASF.

The catalogue numbers bursts through the whole repeat cycle (``BurstId``); the three swaths of IW share the number. An
id names the track, the number and the swath. The record's relative orbit is that of its *product*, which may begin on
the track before, so that one burst would be called differently on different dates. The track is therefore computed from
the number, by the one formula that also names the bursts of an annotation:
:func:`phistac.safe.sentinel1.bursts.track_of`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from phistac.errors import QueryError
from phistac.safe.sentinel1.bursts import track_of

__all__ = ["BurstKey", "burst_key", "looks_like_burst", "track_of"]

_TRACKS = 175
_SPELLING = re.compile(r"t?(\d{1,3})_(\d{1,6})_((?:iw|ew)[1-5])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BurstKey:
    """What one burst is called on every date: number and swath, and the track that follows from the number."""

    number: int
    swath: str
    """``IW1`` ... ``IW3``, ``EW1`` ... ``EW5``."""

    @property
    def track(self) -> int:
        """The relative orbit that the burst belongs to, 1 to 175."""
        return track_of(self.number, self.swath[:2])

    def __str__(self) -> str:
        return f"t{self.track:03d}_{self.number:06d}_{self.swath.lower()}"


def looks_like_burst(text: str) -> bool:
    """Say whether a text is spelled as a burst id."""
    return _SPELLING.fullmatch(text.strip()) is not None


def burst_key(text: str) -> BurstKey:
    """Return a burst id in any spelling as number and swath.

    Raises
    ------
    QueryError
        If it is no burst id, or its track is not near the number's (one apart is accepted: spellings differ there).

    Examples
    --------
    >>> str(burst_key("008_015804_IW2"))
    't008_015804_iw2'
    """
    match = _SPELLING.fullmatch(text.strip())
    if match is None:
        raise QueryError(f"{text[:60]!r} is not a burst id", remedy="Write it like t008_015804_iw2 or 008_015804_IW2.")
    track, number, swath = int(match.group(1)), int(match.group(2)), match.group(3).upper()
    if number < 1:
        raise QueryError(f"the burst id {text!r} has no burst number", remedy="Numbers start at 1.")
    key = BurstKey(number, swath)
    if (key.track - track) % _TRACKS not in {0, 1, _TRACKS - 1}:
        raise QueryError(
            f"the burst id {text!r} names track {track}, but burst {number} belongs to track {key.track}",
            remedy=f"Did you mean {key}?",
        )
    return key
