"""The query string of a search: every option checked as the service checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from phistac.sandbox.odata.errors import invalid, unknown_option, unprocessable
from phistac.sandbox.odata.fields import Order

if TYPE_CHECKING:
    from phistac.sandbox.odata.fields import Entity

__all__ = ["MAX_SKIP", "MAX_TOP", "Options", "parse_options"]

MAX_TOP = 1000
MAX_SKIP = 10_000
_DEFAULT_TOP = 20
_COUNTS = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False}
_ENTITY = frozenset({"$expand", "$select"})
_LIST = _ENTITY | {"$filter", "$orderby", "$top", "$skip", "$count"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a query string asks for."""

    filter: str | None = None
    orderby: Order | None = None
    top: int = _DEFAULT_TOP
    skip: int = 0
    count: bool = False
    expand: tuple[str, ...] = ()
    """In the order in which they were asked for."""
    select: frozenset[str] | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    """The options as they came, for nextLink."""


def parse_options(query: str, entity: Entity, *, single: bool = False) -> Options:
    """Read a raw query string.

    Parameters
    ----------
    query : str
        As it stands in the URL, encoded or not.
    entity : Entity
        What is searched.
    single : bool, optional
        Whether one row is asked for by its Id: then only ``$expand`` and ``$select`` exist.

    Raises
    ------
    RefusalError
        400 for an option that does not exist or cannot be used, 422 for a number out of range.
    """
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    allowed = _ENTITY if single else _LIST
    for name, _ in pairs:
        if name not in allowed:
            raise unknown_option(name)
    values = _once(pairs)
    return Options(
        filter=values.get("$filter"),
        orderby=_orderby(values["$orderby"], entity) if "$orderby" in values else None,
        top=_number("$top", values.get("$top"), _DEFAULT_TOP, MAX_TOP),
        skip=_number("$skip", values.get("$skip"), 0, MAX_SKIP),
        count=_count(values.get("$count", "false")),
        expand=_expand([value for name, value in pairs if name == "$expand"], entity),
        select=_select(values["$select"], entity) if "$select" in values else None,
        pairs=pairs,
    )


def _once(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values and name != "$expand":
            raise invalid(name, "The option is given more than once.")
        values[name] = value
    return values


def _number(name: str, text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not text.strip().removeprefix("-").isdecimal():
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise unprocessable(name, "int_parsing", message, text)
    value = int(text[:20])  # a number of more digits is out of range either way
    if value < 0:
        raise unprocessable(name, "greater_than_equal", "Input should be greater than or equal to 0", text, {"ge": 0})
    if value > most:
        message = f"Input should be less than or equal to {most}"
        raise unprocessable(name, "less_than_equal", message, text, {"le": most})
    return value


def _count(text: str) -> bool:
    if text not in _COUNTS:
        message = "Input should be a valid boolean, unable to interpret input"
        raise unprocessable("$count", "bool_parsing", message, text)
    return _COUNTS[text]


def _orderby(text: str, entity: Entity) -> Order:
    words = text.split()
    field = entity.field(words[0]) if words and words[0] in entity.sortable else None
    if field is None or len(words) > 2 or (len(words) == 2 and words[1] not in {"asc", "desc"}):
        raise invalid("$orderby", f"{text!r} is not one of {', '.join(entity.sortable)}, with asc or desc.")
    return Order(field, descending=words[1:] == ["desc"])


def _expand(texts: list[str], entity: Entity) -> tuple[str, ...]:
    names = [name.strip() for text in texts for name in text.split(",")]
    for name in names:
        if name not in entity.expandable:
            raise invalid("$expand", f"{name!r} cannot be expanded on {entity.name}.")
    return tuple(dict.fromkeys(names))


def _select(text: str, entity: Entity) -> frozenset[str] | None:
    names = [name.strip() for name in text.split(",")]
    if names == ["*"]:
        return None
    for name in names:
        if name not in entity.selectable:
            raise invalid("$select", f"{name!r} cannot be selected on {entity.name}.")
    return frozenset({"Id", *names})
