"""Which extensions an Item names: those whose fields it has, in the versions of CDSE's own Items, and no others."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BURST_SCHEMA", "EXTENSIONS", "extensions_of"]

BURST_SCHEMA = "https://phistac.readthedocs.io/schemas/burst-v1.0.0.json"
"""Id of our own extension; the schema is a file of this package, ``stac/schemas/burst-v1.0.0.json``."""

_BASE = "https://stac-extensions.github.io"
EXTENSIONS: dict[str, str] = {
    "eopf": "https://cs-si.github.io/eopf-stac-extension/v1.2.0/schema.json",
    "burst": BURST_SCHEMA,
    "altm": f"{_BASE}/altimetry/v0.1.0/schema.json",
    "alternate": f"{_BASE}/alternate-assets/v1.2.0/schema.json",
    "auth": f"{_BASE}/authentication/v1.1.0/schema.json",
    "eo": f"{_BASE}/eo/v2.0.0/schema.json",
    "file": f"{_BASE}/file/v2.1.0/schema.json",
    "grid": f"{_BASE}/grid/v1.1.0/schema.json",
    "processing": f"{_BASE}/processing/v1.2.0/schema.json",
    "product": f"{_BASE}/product/v1.0.0/schema.json",
    "proj": f"{_BASE}/projection/v2.0.0/schema.json",
    "raster": f"{_BASE}/raster/v2.0.0/schema.json",
    "sar": f"{_BASE}/sar/v1.3.0/schema.json",
    "sat": f"{_BASE}/sat/v1.1.0/schema.json",
    "storage": f"{_BASE}/storage/v2.0.0/schema.json",
    "timestamps": f"{_BASE}/timestamps/v1.1.0/schema.json",
    "view": f"{_BASE}/view/v1.1.0/schema.json",
}
"""Extension by prefix of its fields, in the order in which Items name them."""

_TIMESTAMPS = frozenset({"published", "unpublished", "expires"})


def extensions_of(properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the extensions whose fields stand in the properties or in an asset."""
    return list(_of(frozenset(properties).union(*assets.values())))


# Items of one collection have the same fields, nearly always.
@lru_cache(maxsize=1024)
def _of(fields: frozenset[str]) -> tuple[str, ...]:
    # Some extensions have fields without a prefix; a plain field called like a prefix ("product") names none.
    named = {key.partition(":")[0] for key in fields if ":" in key} | (fields & {"alternate"})
    if fields & _TIMESTAMPS:
        named.add("timestamps")
    return tuple(uri for prefix, uri in EXTENSIONS.items() if prefix in named)
