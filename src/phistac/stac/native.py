"""What CDSE's own STAC API serves amiss, put right: pure, on the JSON as it came."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["has_marker", "without_markers"]

_MARKER = "\U0001235f※"
"""pgstac's sign for "this Item has no such field, though its siblings do"; it should never leave the database."""

_ESCAPED = json.dumps(_MARKER)[1:-1]


def has_marker(text: str) -> bool:
    """Say whether a JSON text holds pgstac's marker, so that most need not be walked through."""
    return _MARKER in text or _ESCAPED in text


def without_markers(value: Any) -> Any:
    r"""Return JSON without the fields whose value is pgstac's marker; they are fields that the Item does not have.

    Examples
    --------
    >>> without_markers({"href": "s3://eodata/X", "storage:refs": "\U0001235f※"})
    {'href': 's3://eodata/X'}
    """
    if isinstance(value, dict):
        return {key: without_markers(each) for key, each in value.items() if each != _MARKER}
    if isinstance(value, list):
        return [without_markers(each) for each in value if each != _MARKER]
    return value
