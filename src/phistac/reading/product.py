"""Open a product, whatever its mission: the manifest decides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import index
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import FormatError, NotFoundError
from phistac.reading import sentinel1, sentinel3
from phistac.reading.fetching import existing, manifest_bytes, manifest_with
from phistac.reading.files import overridden, present
from phistac.reading.items import is_item, locate_item
from phistac.reading.source import locate_product
from phistac.safe import sentinel1 as safe1
from phistac.safe import sentinel3 as safe3
from phistac.safe.manifest import read_manifest
from phistac.safe.names import ProductName
from phistac.safe.xml import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import xarray as xr

    from phistac.reading.items import BurstRef
    from phistac.reading.source import Source
    from phistac.safe.manifest import Manifest
    from phistac.safe.xml import Element

__all__ = ["OpenProduct", "open_product"]

_Product: TypeAlias = "safe1.Sentinel1Product | safe3.Sentinel3Product"
_READ: dict[str, Callable[[Element, Manifest], _Product]] = {
    "sentinel-1": safe1.read_product,
    "sentinel-3": safe3.read_product,
}


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
    fetched : mapping of str to bytes
        Files that came with the manifest, by path.
    """

    source: Source
    product: _Product
    burst: BurstRef | None = None
    decoders: Mapping[str, Any] = field(default_factory=dict)
    geospatial: bool = True
    fetched: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def group(self, name: str | None, burst: int | None = None) -> xr.Dataset:
        """Open one group; the Item of a burst opens that burst if no group is named."""
        name = (name or "").strip("/")
        if isinstance(self.product, safe3.Sentinel3Product):
            if burst is not None:
                raise NotFoundError("bursts are parts of Sentinel-1 images", remedy="Leave out burst=.")
            return sentinel3.open_group(self.source, self.product, name, decoders=self.decoders)
        chosen: int | BurstRef | None = None if burst is None else index(burst)
        if self.burst is not None and not name and burst is None:
            name, chosen = f"{self.burst.swath}/{self.burst.polarization}", self.burst
        if chosen is not None and name.count("/") != 1:
            raise NotFoundError(
                f"a burst is part of an image, not of {name or 'the product'!r}", remedy="Give group='IW1/VV'."
            )
        return sentinel1.open_group(
            self.source, self.product, name, burst=chosen, geospatial=self.geospatial, fetched=self.fetched
        )

    def groups(self, name: str | None = None) -> Iterator[tuple[str, xr.Dataset]]:
        """Open all groups below one; yield path from there and group, as their files come."""
        name = (name or "").strip("/")
        opened, known = self._groups(name)
        found = False
        for path, dataset in opened:
            if not name or f"{path}/".startswith(f"/{name}/"):
                found = True
                yield "/" + path[len(name) + 1 :].strip("/") if name else path, dataset
        if not found:
            raise NotFoundError(f"{self.source.url} has no group {name!r}", remedy=f"There are: {', '.join(known)}.")

    def _groups(self, name: str) -> tuple[Iterable[tuple[str, xr.Dataset]], list[str]]:
        """Return the groups, at least those below one, and the names that one may be called by."""
        product = self.product
        if isinstance(product, safe3.Sentinel3Product):
            groups = sentinel3.open_groups(self.source, product, decoders=self.decoders)
            return groups.items(), list(groups)
        # an image below the group, or the group below an image: no file of another is fetched
        wanted = f"{name}/" if name else ""
        images = tuple(files for files in product.images if _within(f"{files.group}/", wanted))
        opened = sentinel1.open_groups(self.source, replace(product, images=images), geospatial=self.geospatial)
        return opened, [files.group for files in product.images]


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
        Nothing else was fetched, but the annotation of a burst whose Item says which that is.

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
    _refuse_by_name(source)
    if burst is not None and burst.annotation:
        manifest, fetched = manifest_with(source, burst.annotation)
    else:
        manifest, fetched = manifest_bytes(source), {}
    product = _parse(manifest)
    if isinstance(product, safe1.Sentinel1Product) and override_product_files:
        product = overridden(product, override_product_files)
    if check_files_exist:
        product = present(product, existing(source))
    return OpenProduct(source, product, burst, dict(decoders or {}), geospatial, fetched)


def _within(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _refuse_by_name(source: Source) -> None:
    """Refuse what the name says cannot be read, before any request; of any other name the manifest decides."""
    try:
        constellation = ProductName.parse(source.name).constellation
    except FormatError:
        return
    if constellation not in _READ:
        raise _unread(constellation)


def _parse(data: bytes) -> _Product:
    root = parse(data, name="manifest")
    manifest = read_manifest(root)
    if manifest.constellation not in _READ:
        raise _unread(manifest.constellation)
    return _READ[manifest.constellation](root, manifest)


def _unread(constellation: str) -> FormatError:
    remedy = "Sentinel-1 (SLC, GRD) and Sentinel-3 are."
    return FormatError(f"products of {constellation} are not read yet", remedy=remedy)
