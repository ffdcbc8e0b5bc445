"""``phistac.with_assets``: Items with an asset for every file of their products, as manifests and listings say.

A record of the catalogue names the product; what it consists of, only the archive knows. Each product costs two
requests, its listing and its manifest, side by side; products are asked together, as many at once as the account has
connections.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import pystac

from phistac.errors import FormatError, NotFoundError
from phistac.remote.files.filesystem import filesystem
from phistac.remote.files.objects import ProductObject
from phistac.remote.ranges.onloop import run_on
from phistac.safe.manifest import parse_manifest
from phistac.settings import Settings, resolve
from phistac.stac.exact_assets import exact_assets, extended
from phistac.stac.product_place import place_of
from phistac.stac.service import Service
from phistac.stac.tables import item_dict, item_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.remote.files.filesystem import CdseFileSystem
    from phistac.stac.tables import ItemsLike

__all__ = ["with_assets"]

_AT_ONCE = 64
"""Products whose manifests are in memory together; the budget says how many requests are made at once."""
_MANIFESTS = {".SAFE": "manifest.safe", ".SEN3": "xfdumanifest.xml"}
"""By the end of the product's name. Others, and auxiliary products, are listed: their manifests are of other kinds."""


def with_assets(items: ItemsLike, *, settings: Settings | None = None) -> list[Any]:
    """Return Items with an exact asset for every file of their products.

    Parameters
    ----------
    items : iterable of pystac.Item or dict, ItemCollection, or GeoDataFrame
        Of products or bursts, ours or of CDSE's own catalogue.
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    list
        New Items in the same order: pystac Items for pystac Items, dicts for dicts and rows. Each file has an asset
        with ``file:size``, ``file:checksum`` (a multihash, where the manifest states a checksum) and
        ``file:local_path``, in S3 and alternatively over HTTPS. Keys are those of CDSE's own Items; files that have
        none there go by their path. An Item of a burst gets no more assets, but size and checksum of those it has.

    Raises
    ------
    NotFoundError
        If an Item leads to no product, or the product is not in the archive.
    FormatError
        If a manifest cannot be read.
    CredentialsMissingError, CredentialsRejectedError, RateLimitError, ServiceError
        As the archive says, after retries. An Item whose product cannot be asked is never returned without its assets.

    Examples
    --------
    >>> (item,) = phistac.with_assets(items[:1])  # doctest: +SKIP
    >>> item.assets["safe_manifest"].extra_fields["file:size"]  # doctest: +SKIP
    36202
    """
    settings = resolve(settings)
    given = item_list(items)
    dicts = [item_dict(each) for each in given]
    places = [place_of(each, settings.bucket) for each in dicts]
    roots = list(dict.fromkeys(place.root for place in places))
    fs, service = filesystem(settings), Service(settings)
    files: dict[str, tuple[ProductObject, ...]] = {}
    for start in range(0, len(roots), _AT_ONCE):
        files.update(run_on(fs.loop, _all_files, fs, roots[start : start + _AT_ONCE]))
    made = []
    for original, item, place in zip(given, dicts, places, strict=True):
        assets = exact_assets(item, place, files[place.root], service)
        made.append(_like(original, {**item, "assets": assets, "stac_extensions": extended(item, assets)}))
    return made


def _like(original: Any, made: dict[str, Any]) -> Any:
    """Return an Item in the form of the one that it was made from."""
    if isinstance(original, dict):
        return made
    copy = original.clone()
    copy.stac_extensions = made["stac_extensions"]
    copy.assets = {}
    for key, asset in made["assets"].items():
        copy.add_asset(key, pystac.Asset.from_dict(asset))
    return copy


async def _all_files(fs: CdseFileSystem, roots: Sequence[str]) -> dict[str, tuple[ProductObject, ...]]:
    tasks = [asyncio.ensure_future(_files(fs, root)) for root in roots]
    try:
        return dict(zip(roots, await asyncio.gather(*tasks), strict=True))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _files(fs: CdseFileSystem, root: str) -> tuple[ProductObject, ...]:
    """Return what a product consists of: the manifest says, the listing completes."""
    name = root.rpartition("/")[2]
    manifest = None if "_AUX_" in name else _MANIFESTS.get(name[-5:])
    listed = fs._find(root, detail=True)  # noqa: SLF001 - fsspec's name for its coroutines
    if manifest is None:
        return _listed(root, await listed)
    listing: Any
    data: Any
    listing, data = await asyncio.gather(
        listed,
        fs._cat_file(f"{root}/{manifest}"),  # noqa: SLF001 - as above
        return_exceptions=True,
    )
    if isinstance(listing, BaseException):
        raise listing
    if isinstance(data, NotFoundError) and f"{root}/{manifest}" not in listing:
        return _listed(root, listing)
    if isinstance(data, BaseException):
        raise data
    files = {file.path: file for file in _listed(root, listing)}
    try:
        said = parse_manifest(data).objects
    except FormatError as error:
        raise FormatError(f"the manifest of {name} cannot be read: {error}") from error
    files.update((each.path, ProductObject(each.path, each.size, each.checksum, each.algorithm)) for each in said)
    own = hashlib.md5(data, usedforsecurity=False).hexdigest()
    files[manifest] = ProductObject(manifest, len(data), own, "md5")
    return tuple(files[path] for path in sorted(files))


def _listed(root: str, listing: Mapping[str, Mapping[str, Any]]) -> tuple[ProductObject, ...]:
    if not listing:
        raise NotFoundError(f"{root}: there is no such product", remedy="Check the path; it may have been withdrawn.")
    return tuple(ProductObject(name[len(root) :].lstrip("/"), int(entry["size"])) for name, entry in listing.items())
