"""Numbers and bytes in words."""

from __future__ import annotations

__all__ = ["count_of", "size_of"]


def count_of(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural where that is due.

    Examples
    --------
    >>> count_of(1, "range"), count_of(2000, "range")
    ('1 range', '2,000 ranges')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_of(number: float) -> str:
    """Return bytes in the unit that suits them.

    Examples
    --------
    >>> size_of(999), size_of(159_742_540)
    ('999 B', '159.7 MB')
    """
    units = ("B", "kB", "MB", "GB")
    step = next((i for i in range(3) if number < 1000.0 ** (i + 1)), 3)
    return f"{number:.0f} B" if step == 0 else f"{number / 1000.0**step:.1f} {units[step]}"
