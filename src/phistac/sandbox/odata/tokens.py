"""What the parser forgives or forgets, seen in the tokens: spelling of keywords, and namespaces inside lambdas.

odata-query is case-insensitive and drops the namespace of ``att/OData.CSC.StringAttribute/Value``. The catalogue is
neither, so the text is looked at before it is parsed.
"""

from __future__ import annotations

import re

from odata_query.exceptions import TokenizingException
from odata_query.grammar import ODataLexer

from phistac.sandbox.odata.attributes import TYPES
from phistac.sandbox.odata.errors import invalid

__all__ = ["check_tokens"]

_KEYWORDS = {"AND", "OR", "NOT", "EQ", "NE", "LT", "LE", "GT", "GE", "IN", "ANY", "ALL", "BOOLEAN", "NULL"}
_REFUSED = {
    **dict.fromkeys(("NE", "IN", "ALL", "NULL"), "is not supported"),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MOD", "DURATION"), "is not supported"),
    "DATE": "is not a complete date and time",
    "TIME": "is not a complete date and time",
}
_QUALIFIED = {"OData.CSC.Intersects", *(f"OData.CSC.{t}Attribute" for t in TYPES)}
_NEEDS_NAMESPACE = re.compile(r"(?:\w+\.)*(?:Intersects|\w+Attribute)")


def check_tokens(text: str) -> None:
    """Look at every token of a filter.

    Raises
    ------
    RefusalError
        Keywords in capitals, operators and literals that the catalogue lacks, a wrong or missing ``OData.CSC.``.
    """
    try:
        tokens = list(ODataLexer().tokenize(text))
    except TokenizingException as error:
        raise invalid("$filter", f"Cannot read the filter from {error.token.value[:40]!r}.") from error
    # Tokens follow each other without a gap: white space is one, too.
    ends = [*(token.index for token in tokens[1:]), len(text)]
    for token, end in zip(tokens, ends, strict=True):
        _check(token.type, text[token.index : end].strip())


def _check(kind: str, raw: str) -> None:
    if kind in _REFUSED:
        raise invalid("$filter", f"{raw!r} {_REFUSED[kind]}.")
    if kind in _KEYWORDS and raw != raw.lower():
        raise invalid("$filter", f"{raw!r} must be in small letters.")
    if kind == "GEOGRAPHY" and not raw.startswith("geography'"):
        raise invalid("$filter", "The area must be written geography'SRID=4326;...'.")
    if kind != "ODATA_IDENTIFIER":
        return
    if ("." in raw or _NEEDS_NAMESPACE.fullmatch(raw)) and raw not in _QUALIFIED:
        raise invalid("$filter", f"{raw!r} is not known; the namespace is 'OData.CSC.'.")
