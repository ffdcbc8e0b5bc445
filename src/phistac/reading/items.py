"""From a STAC Item to the place of its product, and to the burst in it.

Items come from servers that are not ours. What they name is only followed to the archive of the service in use
(``s3://eodata``, ``cdse://``, ``/eodata``): an Item can neither choose an endpoint nor a file of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from phistac.errors import ConfigurationError, NotFoundError
from phistac.reading.places import in_archive
from phistac.reading.source import Source, locate_product
from phistac.safe.manifest import MANIFEST_NAMES
from phistac.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.settings import Settings

__all__ = ["BurstRef", "is_item", "item_dict", "locate_item"]

_MANIFEST_ASSETS = ("safe_manifest", "xfdumanifest")


@dataclass(frozen=True, slots=True)
class BurstRef:
    """Which burst of a product an Item means.

    Attributes
    ----------
    swath, polarization : str
        Upper case.
    relative_id : int or None
        Its number within the repeat cycle.
    byte_offset : int or None
        Where it begins in the measurement file: names it without doubt.
    annotation : str
        Path of its annotation in the product, which can then be fetched together with the manifest; empty if not known.
    """

    swath: str
    polarization: str
    relative_id: int | None
    byte_offset: int | None
    annotation: str = ""


def is_item(thing: object) -> TypeGuard[Any]:
    """Say whether something is a STAC Item: pystac's, or its dictionary."""
    if isinstance(thing, Mapping):
        return thing.get("type") == "Feature" and "assets" in thing
    return hasattr(thing, "assets") and hasattr(thing, "properties") and hasattr(thing, "to_dict")


def item_dict(item: Any) -> Mapping[str, Any]:
    """Return an Item as a dictionary, its links unresolved."""
    return item if isinstance(item, Mapping) else item.to_dict(include_self_link=False, transform_hrefs=False)


def locate_item(
    item: Any, *, storage_options: Mapping[str, Any] | None = None, settings: Settings | None = None
) -> tuple[Source, BurstRef | None]:
    """Return where the product of an Item is, and which burst of it the Item means.

    Parameters
    ----------
    item : pystac.Item or mapping
        Of a product or of a burst.
    storage_options : mapping, optional
        As for :func:`~phistac.reading.source.locate_product`. Only they may name another endpoint, never the Item.
    settings : Settings, optional
        Instead of those in force.

    Returns
    -------
    Source
        Root of the product.
    BurstRef or None
        ``None`` for an Item of a whole product.

    Raises
    ------
    NotFoundError
        If the Item leads to no product.
    ConfigurationError
        If it leads out of the archive.
    """
    made = item_dict(item)
    for href in _hrefs(made):
        if in_archive(href, settings=resolve(settings)):
            source = locate_product(href, storage_options=storage_options, settings=settings)
            return source, _burst(made, source)
        raise ConfigurationError(
            f"the Item {str(made.get('id'))[:100]!r} leads to {href[:200]!r}, which is not in the archive",
            remedy="If you trust it, open that address itself.",
        )
    raise NotFoundError(
        f"the Item {str(made.get('id'))[:100]!r} leads to no product",
        remedy="It has neither an asset safe_manifest or xfdumanifest nor a link enclosure.",
    )


def _hrefs(item: Mapping[str, Any]) -> Iterator[str]:
    assets = item["assets"]
    for name in _MANIFEST_ASSETS:
        if name in assets:
            yield str(assets[name]["href"])
    for asset in assets.values():
        href = str(asset.get("href", ""))
        if href.rpartition("/")[2] in MANIFEST_NAMES:
            yield href
    for link in item.get("links", ()):
        if link.get("rel") == "enclosure":
            yield str(link["href"])
    single = [href for asset in assets.values() if (href := str(asset.get("href", ""))).startswith(("s3:", "cdse:"))]
    if len(single) == 1:  # a product of one file
        yield single[0]


def _burst(item: Mapping[str, Any], source: Source) -> BurstRef | None:
    properties = item.get("properties", {})
    if "burst:swath" not in properties:
        return None
    offsets = [asset.get("burst:byte_offset") for asset in item["assets"].values()]
    relative = properties.get("burst:relative_id")
    return BurstRef(
        str(properties["burst:swath"]).upper(),
        str((properties.get("sar:polarizations") or [""])[0]).upper(),
        None if relative is None else int(relative),
        next((int(offset) for offset in offsets if offset is not None), None),
        _inside(source, str((item["assets"].get("annotation") or {}).get("href", ""))),
    )


def _inside(source: Source, href: str) -> str:
    """Return the path of a file in the product; empty for one that is elsewhere."""
    root, path = (address.rpartition("://")[2] for address in (source.url, href))
    inside = path.removeprefix(f"{root}/") if path.startswith(f"{root}/") else ""
    return inside if ".." not in inside.split("/") else ""
