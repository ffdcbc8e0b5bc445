"""CQL2-JSON, and the ``query`` extension, to filter expressions of the catalogue.

What the catalogue cannot be asked is refused with the reason, never ignored. CQL2 text is parsed by the package
``cql2``, here as in pystac-client.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phistac.analysis.aoi import to_geometry
from phistac.errors import MissingExtraError, QueryError
from phistac.odata.filters import Expression, NamePattern, all_of, any_of, intersects
from phistac.stac.columns import compare
from phistac.stac.ids import name_condition

if TYPE_CHECKING:
    from phistac.odata.filters import Operator
    from phistac.stac.collections import Collection

__all__ = ["cql2_json", "from_query", "to_expression"]

_COMPARISONS: dict[str, Operator] = {"=": "eq", "eq": "eq", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_MIRRORED: dict[Operator, Operator] = {"eq": "eq", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_PATTERN = re.compile(r"(%?)([^%_]*)(%?)")
_QUERY: dict[str, str] = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


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


def from_query(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``query`` of a search as CQL2-JSON.

    Raises
    ------
    QueryError
        If it uses an operator that cannot be asked.

    Examples
    --------
    >>> from_query({"eo:cloud_cover": {"lt": 10}})
    {'op': '<', 'args': [{'property': 'eo:cloud_cover'}, 10]}
    """
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
    match operator:
        case "in":
            return {"op": "in", "args": [prop, value]}
        case "startsWith":
            return {"op": "like", "args": [prop, f"{value}%"]}
        case "endsWith":
            return {"op": "like", "args": [prop, f"%{value}"]}
        case "contains":
            return {"op": "like", "args": [prop, f"%{value}%"]}
    raise QueryError(f"the query operator {operator!r} is not known", remedy=f"Use one of {', '.join(_QUERY)}, in.")


def to_expression(node: Any, collection: Collection | None) -> Expression:
    """Return a CQL2-JSON filter as a filter of the catalogue, for one collection.

    Parameters
    ----------
    node : mapping
        ``{"op": ..., "args": [...]}``.
    collection : Collection, optional
        What is searched; the meaning of properties depends on it.

    Raises
    ------
    QueryError
        If it is not CQL2, or the catalogue cannot be asked that.
    """
    if not isinstance(node, Mapping) or not isinstance(node.get("args"), Sequence):
        raise QueryError(
            f"{str(node)[:80]!r} is not a CQL2 expression", remedy='It has the form {"op": ..., "args": [...]}.'
        )
    operator, args = str(node.get("op", "")).lower(), list(node["args"])
    if operator in {"and", "or", "not"}:
        return _logical(operator, args, collection)
    if operator in _COMPARISONS or operator in {"<>", "between", "in"}:
        return _scalar(operator, args, collection)
    match operator, args:
        case ("like", [prop, str(pattern)]):
            return _like(_property(prop), pattern)
        case ("a_contains", [prop, values]):
            return _contains(_property(prop), values, collection)
        case ("s_intersects", [prop, area]) if _property(prop) == "geometry":
            return intersects(to_geometry(tuple(area["bbox"]) if _is_box(area) else area))
    raise _unanswerable(operator, args)


def _logical(operator: str, args: list[Any], collection: Collection | None) -> Expression:
    operands = [to_expression(each, collection) for each in args]
    if operator == "not" and len(operands) == 1:
        return ~operands[0]
    if operator == "not" or not operands:
        raise _unanswerable(operator, args)
    return all_of(operands) if operator == "and" else any_of(operands)


def _scalar(operator: str, args: list[Any], collection: Collection | None) -> Expression:
    match operator, args:
        case ("<>", [left, right]):
            return ~_comparison("eq", left, right, collection)
        case ("between", [prop, low, high]):
            return _comparison("ge", prop, low, collection) & _comparison("le", prop, high, collection)
        case ("in", [prop, [_, *_] as values]):
            return any_of(_comparison("eq", prop, value, collection) for value in values)
        case (_, [left, right]) if operator in _COMPARISONS:
            return _comparison(_COMPARISONS[operator], left, right, collection)
    raise _unanswerable(operator, args)


def _unanswerable(operator: str, args: list[Any]) -> QueryError:
    return QueryError(
        f"the catalogue cannot be asked {operator!r} of {len(args)} arguments",
        remedy="It takes and, or, not, =, <>, <, <=, >, >=, between, in, like (of id), a_contains and s_intersects.",
    )


def _comparison(operator: Operator, left: Any, right: Any, collection: Collection | None) -> Expression:
    if not _is_property(left) and _is_property(right):
        left, right, operator = right, left, _MIRRORED[operator]
    name, value = _property(left), _value(right)
    if name == "id" and operator == "eq" and isinstance(value, str):
        return name_condition(value)
    if name == "collection":
        raise QueryError("collections are not searched by filter", remedy="Name them in the parameter collections.")
    return compare(name, operator, value, collection)


def _is_box(area: Any) -> bool:
    return isinstance(area, Mapping) and "bbox" in area and "type" not in area


def _is_property(node: Any) -> bool:
    return isinstance(node, Mapping) and "property" in node


def _property(node: Any) -> str:
    if not _is_property(node):
        raise QueryError(f"{str(node)[:80]!r} is not a property", remedy="Compare a property with a value.")
    return str(node["property"]).removeprefix("properties.")


def _value(node: Any) -> Any:
    if isinstance(node, Mapping):
        for literal in ("timestamp", "date"):
            if literal in node:
                value = str(node[literal])
                return value if literal == "timestamp" else f"{value}T00:00:00Z"
        raise QueryError(f"{str(node)[:80]!r} is not a value", remedy="Compare a property with a value.")
    if node is None:
        raise QueryError("the catalogue cannot be asked for what is missing (null)")
    return node


def _like(name: str, pattern: str) -> Expression:
    match = _PATTERN.fullmatch(pattern)
    if name != "id" or match is None or not match.group(2):
        raise QueryError(
            f"the catalogue cannot be asked for {name} like {pattern!r}",
            remedy="It matches ids only, by a beginning, an end or a part: 'S1A%', '%93A7', '%GRDH%'.",
        )
    before, text, after = match.groups()
    if before and after:
        return NamePattern("contains", text)
    if after:
        return NamePattern("startswith", text)
    if before:  # names have an extension that ids do not
        return any_of(NamePattern("endswith", f"{text}{extension}") for extension in ("", ".SAFE", ".SEN3", ".nc"))
    return name_condition(text)


# Every order in which the catalogue has been seen to write two polarizations; single ones stand alone.
_POLARIZATIONS = ("VV", "VH", "HH", "HV", "VV&VH", "VH&VV", "HH&HV", "HV&HH", "VV&HH", "HH&VV")


def _contains(name: str, values: Any, collection: Collection | None) -> Expression:
    wanted = [values] if isinstance(values, str) else list(values or ())
    if name != "sar:polarizations" or not wanted:
        raise QueryError(
            f"the catalogue cannot be asked what {name} contains", remedy="It can for sar:polarizations, of one or two."
        )
    if collection is not None and collection.entity == "Bursts":
        return all_of(compare(name, "eq", each, collection) for each in wanted)
    matching = [each for each in _POLARIZATIONS if set(wanted) <= set(each.split("&"))]
    return any_of(compare(name, "eq", each.split("&"), collection) for each in matching or wanted)
