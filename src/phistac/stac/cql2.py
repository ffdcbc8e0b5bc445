"""The ways to write a filter, CQL2 text, CQL2-JSON and the ``query`` extension, as one: CQL2-JSON.

CQL2 text is parsed by the package ``cql2``, here as in pystac-client. What the operators mean is said in
:mod:`phistac.stac.normal`, :mod:`phistac.stac.pushdown` and :mod:`phistac.stac.checks`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

from phistac.errors import MissingExtraError, QueryError

__all__ = ["cql2_json", "cql2_text", "from_query"]

_QUERY: dict[str, str] = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_LIKE = {"startsWith": "{}%", "endsWith": "%{}", "contains": "%{}%"}
_ARRAYS = frozenset({"sar:polarizations", "sar:beam_ids", "instruments"})


def cql2_json(text: str) -> dict[str, Any]:
    """Return a filter in text, be it CQL2 text or CQL2-JSON, as CQL2-JSON.

    Raises
    ------
    QueryError
        If it is neither.
    MissingExtraError
        If it is CQL2 text and the package ``cql2`` is not installed.
    """
    shown = f"the filter {text[:80]!r}"
    if text.lstrip().startswith("{"):
        try:
            return dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise QueryError(f"{shown} is not JSON ({error})") from error
    try:
        parser = importlib.import_module("cql2")
    except ImportError as error:
        raise MissingExtraError(
            f"{shown} is CQL2 text", remedy="pip install cql2, or give the filter as CQL2-JSON."
        ) from error
    try:
        return dict(parser.Expr(text).to_json())
    except Exception as error:  # the package raises nothing more specific
        raise QueryError(f"{shown} is not CQL2 text ({' '.join(str(error).split())[:160]})") from error


def cql2_text(node: Mapping[str, Any]) -> str:
    """Return CQL2-JSON as text for people to read; as JSON where the package ``cql2`` cannot write it."""
    try:
        return str(importlib.import_module("cql2").Expr(dict(node)).to_text())
    except Exception:  # noqa: BLE001 - the package raises nothing more specific, and the JSON says the same
        return json.dumps(node)


def from_query(query: Any) -> dict[str, Any]:
    """Return the ``query`` of a search as CQL2-JSON.

    Raises
    ------
    QueryError
        If it uses an operator that is not known.

    Examples
    --------
    >>> from_query({"eo:cloud_cover": {"lt": 10}})
    {'op': '<', 'args': [{'property': 'eo:cloud_cover'}, 10]}
    """
    if not isinstance(query, Mapping):
        raise QueryError(f"the query is {str(query)[:80]!r}", remedy='Write it like {"eo:cloud_cover": {"lt": 10}}.')
    terms: list[dict[str, Any]] = []
    for name, conditions in query.items():
        if not isinstance(conditions, Mapping):
            raise QueryError(f"the query of {name} is {conditions!r}", remedy='Write it like {"lt": 10}.')
        for operator, value in conditions.items():
            terms.append(_query_term(name, operator, value))
    if not terms:
        raise QueryError("the query is empty", remedy="Leave it out.")
    return terms[0] if len(terms) == 1 else {"op": "and", "args": terms}


def _query_term(name: str, operator: str, value: Any) -> dict[str, Any]:
    prop = {"property": name}
    if operator in _QUERY:
        return {"op": _QUERY[operator], "args": [prop, value]}
    if operator == "in":
        return {"op": "in", "args": [prop, value]}
    if operator == "contains" and name.removeprefix("properties.") in _ARRAYS:
        return {"op": "a_contains", "args": [prop, value]}
    if operator in _LIKE:
        text = str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return {"op": "like", "args": [prop, _LIKE[operator].format(text)]}
    raise QueryError(
        f"the query operator {operator!r} is not known", remedy=f"Use one of {', '.join((*_QUERY, *_LIKE))}, in."
    )
