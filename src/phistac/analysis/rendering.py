"""Small tables as text and as HTML, for reprs here, of plans and of reports: all escaped, no style from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["counted", "duration", "html_table", "preformatted", "quantity", "text_table"]


_WRAPPED = "white-space:normal; overflow-wrap:anywhere"


def text_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in columns, numbers to the right.

    Examples
    --------
    >>> print(text_table(["name", "n"], [["a", 5], ["long", 12]]))
    name   n
    a      5
    long  12
    """
    cells = [[str(value) for value in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    right = [bool(rows) and all(_is_number(row[column]) for row in rows) for column in range(len(header))]
    lines = (
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def html_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return the same table as HTML; nothing that comes from a server can become markup.

    Examples
    --------
    >>> "&lt;b&gt;</th>" in html_table("c", ["<b>"], [["&"]])
    True
    """
    text = [any(not _is_quantity(row[column]) for row in rows) for column in range(len(header))]
    head = "".join(_cell("th", value, wide) for value, wide in zip(header, text, strict=True))
    lines = ("".join(_cell("td", value, wide) for value, wide in zip(row, text, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    said = f"<caption style='text-align:left; white-space:normal'>{escape(caption)}</caption>"
    return f"<table>{said}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(tag: str, value: object, wide: bool) -> str:  # noqa: FBT001 - of the column
    style = f"text-align:left; {_WRAPPED}; max-width:40em" if wide else "text-align:right"
    return f"<{tag} style='{style}'>{escape(str(value))}</{tag}>"


def preformatted(text: str) -> str:
    """Return lines of text as HTML, in letters of one width; nothing in them can become markup."""
    return f"<pre style='font-family:monospace; white-space:pre-wrap; overflow-wrap:anywhere'>{escape(text)}</pre>"


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted.

    Examples
    --------
    >>> counted(1, "product"), counted(1200, "pass")
    ('1 product', '1,200 passes')
    """
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


def duration(days: float) -> str:
    """Return a time in days, or in hours or minutes where it is short.

    Examples
    --------
    >>> duration(12.0), duration(0.25), duration(0.01)
    ('12.0 d', '6.0 h', '14 min')
    """
    hours = days * 24
    if days >= 1:
        return f"{days:.1f} d"
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def quantity(value: float, unit: str) -> str:
    """Return a number with a decimal prefix.

    Examples
    --------
    >>> quantity(1_234_567, "B"), quantity(80e6, "B/s"), quantity(12, "B")
    ('1.23 MB', '80.0 MB/s', '12 B')
    """
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            scaled = value / factor
            decimals = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0  # noqa: PLR2004 - three digits
            return f"{scaled:.{decimals}f} {prefix}{unit}"
    return f"{value:g} {unit}"


def _is_number(value: object) -> bool:
    text = str(value).replace(",", "").replace(".", "", 1).removeprefix("-")
    return text.isdigit() or text == ""


def _is_quantity(value: object) -> bool:
    """Say whether a cell is a number, with or without a unit."""
    return _is_number(str(value).partition(" ")[0])
