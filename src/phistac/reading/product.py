"""Open a product, whatever its mission: the manifest decides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import FormatError, NotFoundError
from phistac.reading import sentinel1, sentinel3
from phistac.reading.fetching import existing, manifest_bytes
from phistac.reading.items import is_item, locate_item
from phistac.reading.source import locate_product
from phistac.safe import sentinel1 as safe1
from phistac.safe import sentinel3 as safe3
from phistac.safe.manifest import read_manifest
from phistac.safe.paths import relative_path
from phistac.safe.sentinel1.product import file_facts
from phistac.safe.xml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from phistac.reading.items import BurstRef
    from phistac.reading.source import Source
    from phistac.safe.manifest import ManifestObject

__all__ = ["OpenProduct", "open_product"]

_Product: TypeAlias = "safe1.Sentinel1Product | safe3.Sentinel3Product"
_ROLES = ("annotation", "measurement", "calibration", "noise", "rfi")


@dataclass(frozen=True, slots=True)
class OpenProduct:
    """A product whose manifest was read.

    Attributes
    ----------
    source : Source
        Where it is.
    product : Sentinel1Product or Sentinel3Product
        What its manifest says.
    burst : BurstRef or None
        Which burst of it was asked for, if it was opened by the Item of one.
    decoders : mapping
        Keywords of :func:`xarray.decode_cf`, for values that are stored packed (Sentinel-3).
    geospatial : bool
        Whether footprints are computed (Sentinel-1).
    """

    source: Source
    product: _Product
    burst: BurstRef | None = None
    decoders: Mapping[str, Any] = field(default_factory=dict)
    geospatial: bool = True

    def group(self, name: str | None, burst: int | None = None) -> xr.Dataset:
        """Open one group; the Item of a burst opens that burst if no group is named."""
        name = (name or "").strip("/")
        if isinstance(self.product, safe3.Sentinel3Product):
            if burst is not None:
                raise NotFoundError("bursts are parts of Sentinel-1 images", remedy="Leave out burst=.")
            return sentinel3.open_group(self.source, self.product, name, decoders=self.decoders)
        chosen: int | BurstRef | None = burst
        if self.burst is not None and not name and burst is None:
            name, chosen = f"{self.burst.swath}/{self.burst.polarization}", self.burst
        if chosen is not None and name.count("/") != 1:
            raise NotFoundError(
                f"a burst is part of an image, not of {name or 'the product'!r}", remedy="Give group='IW1/VV'."
            )
        return sentinel1.open_group(self.source, self.product, name, burst=chosen, geospatial=self.geospatial)

    def groups(self, name: str | None = None) -> dict[str, xr.Dataset]:
        """Open all groups below one, by their path from there."""
        name = (name or "").strip("/")
        product = self.product
        if isinstance(product, safe3.Sentinel3Product):
            opened = sentinel3.open_groups(self.source, product, decoders=self.decoders)
        else:
            images = tuple(
                files for files in product.images if f"{files.group}/".startswith(f"{name}/" if name else "")
            )
            chosen = replace(product, images=images or product.images)
            opened = sentinel1.open_groups(self.source, chosen, geospatial=self.geospatial)
        below = {path: dataset for path, dataset in opened.items() if not name or f"{path}/".startswith(f"/{name}/")}
        if not below:
            raise NotFoundError(f"{self.source.url} has no group {name!r}", remedy=f"There are: {', '.join(opened)}.")
        return {"/" + path[len(name) + 1 :].strip("/") if name else path: dataset for path, dataset in below.items()}


def open_product(
    place: Any,
    *,
    storage_options: Mapping[str, Any] | None = None,
    check_files_exist: bool = False,
    override_product_files: str | None = None,
    decoders: Mapping[str, Any] | None = None,
    geospatial: bool = True,
) -> OpenProduct:
    """Read the manifest of a product.

    Parameters
    ----------
    place : pystac.Item, mapping, str or path
        An Item, a URL, a folder or a manifest; see :func:`phistac.reading.source.locate_product`.
    storage_options : mapping, optional
        For fsspec.
    check_files_exist : bool, optional
        List the product, and leave out what the manifest lists but is not there.
    override_product_files : str, optional
        Template for paths that differ from the manifest's, with the fields ``type``, ``prefix``, ``swath``,
        ``polarization``, ``date``, ``dirname``, ``path`` and ``ext``; as in xarray-sentinel.
    decoders : mapping, optional
        Keywords of :func:`xarray.decode_cf`.
    geospatial : bool, optional
        Whether to compute footprints.

    Returns
    -------
    OpenProduct
        Nothing else was fetched.

    Raises
    ------
    NotFoundError
        If there is no product.
    FormatError
        If it is of a mission that is not read here.
    """
    burst = None
    if is_item(place):
        source, burst = locate_item(place, storage_options=storage_options)
    else:
        source = locate_product(place, storage_options=storage_options)
    product = _parse(manifest_bytes(source))
    if isinstance(product, safe1.Sentinel1Product) and override_product_files:
        product = _mapped(product, lambda item: replace(item, path=_overridden(override_product_files, item)))
    if check_files_exist:
        there = existing(source)
        product = _present(product, there)
    return OpenProduct(source, product, burst, dict(decoders or {}), geospatial)


def _parse(data: bytes) -> _Product:
    root = parse(data, name="manifest")
    manifest = read_manifest(root)
    if manifest.constellation == "sentinel-1":
        return safe1.read_product(root, manifest)
    if manifest.constellation == "sentinel-3":
        return safe3.read_product(root, manifest)
    raise FormatError(
        f"products of {manifest.constellation} are not read yet", remedy="Sentinel-1 (SLC, GRD) and Sentinel-3 are."
    )


def _mapped(product: safe1.Sentinel1Product, change: Any) -> safe1.Sentinel1Product:
    images = []
    for files in product.images:
        found = {role: item for role in _ROLES if (item := getattr(files, role)) is not None}
        images.append(replace(files, **{role: change(item) for role, item in found.items()}))
    return replace(product, images=tuple(images))


def _present(product: _Product, there: frozenset[str]) -> _Product:
    if isinstance(product, safe1.Sentinel1Product):
        kept = _mapped(product, lambda item: item if item.path in there else None)
        return replace(kept, images=tuple(files for files in kept.images if files.annotation is not None))
    groups = {name: tuple(item for item in files if item.path in there) for name, files in product.groups.items()}
    files = {name: item for name, item in product.files.items() if item.path in there}
    return replace(product, groups={name: items for name, items in groups.items() if items}, files=files)


def _overridden(template: str, item: ManifestObject) -> str:
    facts = file_facts(item.path) or {}
    dirname, _, _ = item.path.rpartition("/")
    prefix = f"{facts['prefix']}-" if facts.get("prefix") else ""
    fields = {
        "path": item.path, "dirname": dirname, "prefix": prefix, "ext": f".{facts.get('extension', '')}",
        "type": item.kind,
        "swath": facts.get("swath", "").lower(), "polarization": facts.get("polarization", "").lower(),
        "date": facts.get("start", ""),
    }  # fmt: skip
    try:
        return relative_path(template.format_map(fields))
    except (KeyError, IndexError, ValueError) as error:
        raise FormatError(f"override_product_files={template!r} cannot be filled in: {error}") from error
