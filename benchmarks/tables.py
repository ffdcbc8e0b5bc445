"""What a benchmark returns: a table of words, and the goals that it was meant to reach."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Goal", "Table"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that was promised, and the one that was measured."""

    what: str
    measured: float
    limit: float
    at_most: bool = True
    unit: str = ""

    @property
    def met(self):
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    def __str__(self):
        bound = "≤" if self.at_most else "≥"
        verdict = "met" if self.met else "**missed**"
        return f"{self.what}: {self.measured:.3g}{self.unit} (goal {bound} {self.limit:g}{self.unit}) - {verdict}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words under columns, with what was measured above and what was checked below."""

    title: str
    setting: str
    """What was measured, on what, and what is fair or unfair about it."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    checked: str
    """How the results were compared in the same run."""
    goals: tuple[Goal, ...] = ()
