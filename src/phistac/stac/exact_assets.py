"""All assets of a product, from what it consists of: every file, its size, its checksum, and where to have it.

Files that CDSE's own Items have an asset for get the same key; the others (masks, schemas, reports) their path, less
what is different in every product, so that Items of many products still share the columns of one table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from phistac.stac.asset_fields import fields_of
from phistac.stac.assets import S3_REFS, checksum_of, nodes_href
from phistac.stac.extensions import extensions_of
from phistac.stac.manifest_assets import asset_key
from phistac.stac.product_place import is_burst

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phistac.stac.product_place import Place
    from phistac.stac.service import Service

__all__ = ["File", "exact_assets", "extended", "plain_key"]

_WHOLE = ("product", "Product")
_UNIQUE = (
    (re.compile(r"^(GRANULE|DATASTRIP)/[^/]+/"), r"\1/"),
    (re.compile(r"(?:L\d[A-Z]_)?T\d\d[A-Z]{3}_\d{8}T\d{6}_"), ""),
    (re.compile(r"^S\d[A-Z]_[^/]*\.SAFE-report-\d{8}T\d{6}"), "report"),
    (re.compile(r"S2[A-Z]_(?:OPER|USER)_[^/]*(?=\.)"), "report"),
)


class File(Protocol):
    """One object of a product; :class:`phistac.safe.manifest.ManifestObject` is one."""

    @property
    def path(self) -> str:
        """Relative to the product; empty where the product is this one object."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def checksum(self) -> str | None:
        """Hexadecimal digits."""

    @property
    def algorithm(self) -> str | None:
        """As :func:`hashlib.new` calls it."""


def plain_key(path: str) -> str:
    """Return the key of a file that CDSE's own Items have no asset for.

    Examples
    --------
    >>> plain_key("GRANULE/L2A_T13VEK_A034773_20220217T183428/QI_DATA/MSK_DETFOO_B01.jp2")
    'GRANULE/QI_DATA/MSK_DETFOO_B01.jp2'
    >>> plain_key("support/s1-level-1-product.xsd")
    'support/s1-level-1-product.xsd'
    """
    for pattern, short in _UNIQUE:
        path = pattern.sub(short, path)
    return path


def exact_assets(
    item: Mapping[str, Any], place: Place, files: Iterable[File], service: Service
) -> dict[str, dict[str, Any]]:
    """Return the assets of an Item: those that it has, completed, and one for each other file of its product.

    Parameters
    ----------
    item : mapping
        An Item of a product, or of a burst, whose assets are completed but not added to.
    place : Place
        Where the product is.
    files : iterable of File
        What it consists of.
    service : Service
        Whose addresses to write.

    Returns
    -------
    dict
        By key. The asset of the whole product is the last, as in CDSE's own Items.
    """
    assets = {key: dict(asset) for key, asset in item["assets"].items()}
    whole = {key: assets.pop(key) for key in _WHOLE if key in assets}
    burst = is_burst(item)
    known = {href: key for key, asset in assets.items() for href in _hrefs(asset)}
    for file in files:
        href = f"s3://{place.root}/{file.path}".rstrip("/")
        key = known.get(href) or asset_key(place.name, file.path)
        if key is None and not burst:
            key = plain_key(file.path)
            key = key if key not in assets else file.path
        if key in assets:
            assets[key] = _completed(assets[key], href, place, file)
        elif key is not None and not burst:
            assets[key] = _made(key, href, place, file, service)
    return {**assets, **whole}


def extended(item: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the extensions of an Item that has these assets: those it names, and what the assets add."""
    return list(dict.fromkeys((*item.get("stac_extensions", ()), *extensions_of(item["properties"], assets))))


def _hrefs(asset: Mapping[str, Any]) -> Iterable[str]:
    yield asset["href"]
    yield from (other["href"] for other in (asset.get("alternate") or {}).values() if "href" in other)


def _facts(place: Place, file: File) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    multihash = checksum_of(file.algorithm or "", file.checksum or "")
    if multihash is not None:
        facts["file:checksum"] = multihash
    facts["file:size"] = file.size
    facts["file:local_path"] = f"{place.name}/{file.path}".rstrip("/")
    return facts


def _completed(asset: Mapping[str, Any], href: str, place: Place, file: File) -> dict[str, Any]:
    """Add what is known of the file; where it is that of a quicklook, also where the file itself is."""
    completed = {**asset, **_facts(place, file)}
    if href not in set(_hrefs(asset)):
        s3 = {"href": href, "alternate:name": "S3", **S3_REFS}
        completed["alternate"] = {**(asset.get("alternate") or {}), "s3": s3}
    return completed


def _made(key: str, href: str, place: Place, file: File, service: Service) -> dict[str, Any]:
    facts = _facts(place, file)
    asset = {**fields_of(place.name, key, file.path), **facts, "href": href, "alternate:name": "S3", **S3_REFS}
    if place.product_id is not None:
        nodes = nodes_href(service, place.product_id, facts["file:local_path"])
        https = {"href": nodes, "alternate:name": "HTTPS", "auth:refs": ["oidc"], "storage:refs": []}
        asset["alternate"] = {"https": https}
    return asset
