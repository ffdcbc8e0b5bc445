"""From the id of an Item to the name of its record: ids lack the extension that names have."""

from __future__ import annotations

import re

from phistac.errors import QueryError
from phistac.odata.filters import Comparison, Expression, any_of

__all__ = ["EXTENSIONS", "is_burst_id", "item_id", "name_condition", "names_of"]

EXTENSIONS = (".SAFE", ".SEN3", ".SEN6", ".nc", ".EOF", ".tgz", ".zip")
"""What the names of products end in, and ids do not."""
_KEPT = ".SEN6"
"""Ids of Sentinel-6 keep theirs, here and in CDSE's own catalogue."""
_LEFT_OUT = frozenset(EXTENSIONS) - {_KEPT}

_BURST = re.compile(r"s1[a-z]-slc-\d{8}t\d{6}-\d+-[a-z]{2}\d-[hv]{2}-\d+", re.IGNORECASE)
_FAMILIES = (
    # Auxiliary files first: folders, orbit files and bare names share one convention.
    (re.compile(r"S[1-6][A-Z_]_(?:OPER_)?AUX_"), ("", ".SAFE", ".EOF")),
    (re.compile(r"S[12][A-Z_]_"), (".SAFE",)),
    (re.compile(r"S3[A-Z_]_"), (".SEN3",)),
    (re.compile(r"S5P_"), (".nc",)),
    (re.compile(r"S6[A-Z_]_"), (".SEN6",)),
)
_ANY = ("", *EXTENSIONS)


def is_burst_id(identifier: str) -> bool:
    """Say whether this is the id of a burst Item, such as ``S1A-SLC-20250217T170613-249406-IW2-VV-468546``."""
    return _BURST.fullmatch(identifier) is not None


def item_id(name: str) -> str:
    """Return the id of an Item: the product's name without its extension, as in CDSE's own catalogue.

    Examples
    --------
    >>> item_id("S3B_OL_1_EFR____20240415T074029_20240415T074329_20240415T094236_0179_092_035_1620_PS2_O_NR_003.SEN3")
    'S3B_OL_1_EFR____20240415T074029_20240415T074329_20240415T094236_0179_092_035_1620_PS2_O_NR_003'
    """
    stem, dot, extension = name.rpartition(".")
    return stem if dot + extension in _LEFT_OUT and not stem.endswith(EXTENSIONS) else name


def names_of(identifier: str) -> tuple[str, ...]:
    """Return the names that the record of an Item may have.

    Examples
    --------
    >>> names_of("S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA_20230413T212505")
    ('S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA_20230413T212505.SAFE',)
    """
    if is_burst_id(identifier):
        return (identifier,)
    extensions = next((found for pattern, found in _FAMILIES if pattern.match(identifier)), _ANY)
    if identifier.endswith(EXTENSIONS):
        return (identifier,)
    return tuple(f"{identifier}{extension}" for extension in extensions)


def name_condition(identifier: str) -> Expression:
    """Return the condition that a record is that of an Item.

    Raises
    ------
    QueryError
        If it is not a text that an id could be.
    """
    if not identifier.strip():
        raise QueryError(f"{identifier!r} is not the id of an Item")
    return any_of(Comparison("Name", "eq", name) for name in names_of(identifier.strip()))
