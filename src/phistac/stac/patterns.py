"""``LIKE`` of CQL2: ``%`` stands for any text, ``_`` for one character, a backslash takes their meaning away.

The catalogue knows beginnings, ends and parts of names; other patterns are asked for by those and then checked here.
"""

from __future__ import annotations

import re

from phistac.odata.filters import Comparison, Expression, NamePattern, all_of, any_of
from phistac.stac.ids import EXTENSIONS, name_condition

__all__ = ["like", "name_pattern"]

_TOKEN = re.compile(r"\\(.)|(%)|(_)|([^\\%_]+)|(\\)", re.DOTALL)


def like(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression that has to match the whole text.

    Examples
    --------
    >>> like("S1A%_COG").fullmatch("S1A_IW_COG") is not None
    True
    """
    made = []
    for escaped, anything, one, plain, stray in _TOKEN.findall(pattern):
        made.append(".*" if anything else "." if one else re.escape(escaped or plain or stray))
    return re.compile("".join(made), re.DOTALL)


def name_pattern(pattern: str, *, of_ids: bool) -> tuple[Expression | None, bool]:
    """Return what names the catalogue is asked for, and whether those are exactly the ones that match.

    Parameters
    ----------
    pattern : str
        As CQL2 writes it.
    of_ids : bool
        Whether it is for ids, which lack the extension that names have.
    """
    pieces = _pieces(pattern)
    if len(pieces) == 1:  # no wildcard
        text = pieces[0]
        return (name_condition(text) if of_ids else Comparison("Name", "eq", text)), True
    first, *middle, last = pieces
    parts: list[Expression] = []
    if first:
        parts.append(NamePattern("startswith", first))
    parts += [NamePattern("contains", each) for each in middle if each]
    if last:
        parts.append(_ending(last, of_ids=of_ids))
    if not parts:
        return None, set(pattern) <= {"%"}
    simple = len(parts) == 1 and "_" not in re.sub(r"\\.", "", pattern)
    clear = not of_ids or not any(_in_extension(piece) for piece in pieces if piece)
    return all_of(parts), simple and clear


def _pieces(pattern: str) -> list[str]:
    """Return the texts between wildcards; the first and the last are empty where the pattern is open there."""
    pieces = [""]
    for escaped, anything, one, plain, stray in _TOKEN.findall(pattern):
        if anything or one:
            pieces.append("")
        else:
            pieces[-1] += escaped or plain or stray
    return pieces


def _ending(text: str, *, of_ids: bool) -> Expression:
    if not of_ids:
        return NamePattern("endswith", text)
    return any_of(NamePattern("endswith", f"{text}{extension}") for extension in ("", *EXTENSIONS))


def _in_extension(text: str) -> bool:
    """Whether a text might be found in the extension of a name, which is no part of the id."""
    return "." in text or any(text in extension for extension in EXTENSIONS)
