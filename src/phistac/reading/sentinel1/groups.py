"""Groups of a Sentinel-1 product: which there are, and how to open one of them.

For ``open_dataset`` a group is called as in xarray-sentinel: ``IW1/VV`` are the pixels, ``IW1/VV/3`` is a burst,
``IW1/VV/orbit`` a table. In a tree, where children inherit the coordinates of their parents, pixels and tables must be
siblings: there the pixels are ``IW1/VV/measurement``.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import xarray as xr

from phistac.errors import FormatError, NotFoundError
from phistac.reading.conventions import describe
from phistac.reading.fetching import object_bytes
from phistac.reading.sentinel1.burst import burst_attrs
from phistac.reading.sentinel1.measurement import burst_dataset, measurement_dataset
from phistac.reading.sentinel1.metadata import BUILDERS, FILES
from phistac.safe import sentinel1
from phistac.safe.sentinel1 import Document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.reading.items import BurstRef
    from phistac.reading.source import Source
    from phistac.safe.manifest import ManifestObject
    from phistac.safe.sentinel1 import ImageFiles, Sentinel1Product

__all__ = ["file_of", "kinds", "open_group", "table_dataset"]


def open_group(
    source: Source,
    product: Sentinel1Product,
    group: str,
    *,
    burst: int | BurstRef | None = None,
    geospatial: bool = True,
    fetched: Mapping[str, bytes] = MappingProxyType({}),
) -> xr.Dataset:
    """Open one group of a product; no file is fetched but the one that it is in.

    Parameters
    ----------
    source : Source
        Where the product is.
    product : Sentinel1Product
        Its parsed manifest.
    group : str
        Such as ``IW1/VV``, ``IW1/VV/3`` or ``IW1/VV/orbit``; empty for the facts of the product.
    burst : int or BurstRef, optional
        Which burst of the image.
    geospatial : bool, optional
        Whether to compute footprints.
    fetched : mapping of str to bytes, optional
        Files that are here already, by path.

    Returns
    -------
    xarray.Dataset
        The group.

    Raises
    ------
    NotFoundError
        If there is no such group, or its file is missing.
    """
    known = _groups(product)
    image_group, kind = _split(product, group)
    if kind.isdigit():
        image_group, kind, burst = group.rpartition("/")[0], "", int(kind)
    kind = "" if kind == "measurement" else kind  # as the pixels are called in a tree
    if (name := f"{image_group}/{kind}".rstrip("/")) and name not in known:
        near = get_close_matches(group, known, n=3)
        images = [each for each in known if each.count("/") == 1]
        shown = (
            f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(images)}, and groups below them."
        )
        raise NotFoundError(f"{source.url} has no group {group!r}", remedy=shown)
    files = next((files for files in product.images if files.group == image_group), None)
    if files is None or kind:
        document = None if files is None else _document(source, files, kind, fetched)
        dataset = xr.Dataset() if document is None else table_dataset(product, kind, document)
        dataset.attrs = dict(product.attrs) | dataset.attrs
    else:
        annotation = _document(source, files, "annotation", fetched)
        dataset = measurement_dataset(source, files, annotation, product.attrs, geospatial=geospatial)
        if burst is not None:
            index = _burst_index(product, annotation, burst)
            dataset = burst_dataset(dataset, annotation, index, geospatial=geospatial)
            dataset.attrs |= burst_attrs(annotation, index, _burst_ids(product, annotation)[index])
    below = [other[len(name) + 1 if name else 0 :] for other in known if other.startswith(f"{name}/" if name else "")]
    if below and burst is None:
        dataset.attrs["subgroups"] = below
    return describe(dataset, group=name, kind=kind)


def kinds(product: Sentinel1Product, files: ImageFiles) -> list[str]:
    """Metadata groups that an image has, as far as the manifest tells."""
    detected = product.product_type == "GRD"
    absent = {"antenna_pattern"} if detected else {"coordinate_conversion"}
    absent |= {"bursts"} if detected or files.swath[:2] not in ("IW", "EW") else set()
    return [
        kind for kind in BUILDERS if kind not in absent and getattr(files, FILES.get(kind, "annotation")) is not None
    ]


def _groups(product: Sentinel1Product) -> list[str]:
    """Names of all groups, images in the order of the manifest: sarsen takes the first if nobody names one."""
    names: dict[str, None] = {}
    listed = {item.id: number for number, item in enumerate(product.manifest.objects)}
    for files in sorted(product.images, key=lambda files: listed[files.annotation.id] if files.annotation else -1):
        parts = files.group.split("/")
        names |= dict.fromkeys("/".join(parts[:length]) for length in range(1, len(parts) + 1))
        names |= dict.fromkeys(f"{files.group}/{kind}" for kind in kinds(product, files))
    return list(names)


def _split(product: Sentinel1Product, group: str) -> tuple[str, str]:
    """Take a group apart into an image and what of it is wanted."""
    for files in product.images:
        if group == files.group or group.startswith(f"{files.group}/"):
            return files.group, group[len(files.group) + 1 :]
    return group, ""


def file_of(files: ImageFiles, kind: str) -> ManifestObject:
    """Return the file that a group is read from; raises NotFoundError if the product lists none."""
    item: ManifestObject | None = getattr(files, FILES.get(kind, "annotation"))
    if item is None:
        raise NotFoundError(f"the product lists no {FILES.get(kind, 'annotation')} of {files.group}")
    return item


def _document(source: Source, files: ImageFiles, kind: str, fetched: Mapping[str, bytes]) -> Document:
    item = file_of(files, kind)
    data = fetched.get(item.path, b"")
    if len(data) != item.size:  # what the manifest says of it decides
        (data,) = object_bytes(source, [item])
    return Document(data, item.path)


def table_dataset(product: Sentinel1Product, kind: str, document: Document) -> xr.Dataset:
    """Return one metadata group of an image."""
    dataset = BUILDERS[kind](document)
    if kind == "bursts":
        swath = document.get(sentinel1.image_info).swath
        found = _burst_ids(product, document)
        dataset = dataset.assign_coords(burst_id=("burst", [number.text(swath) for number in found]))
    return dataset


def _burst_ids(product: Sentinel1Product, annotation: Document) -> tuple[sentinel1.BurstId, ...]:
    orbit, timing = int(str(product.attrs["relative_orbit_number"])), annotation.get(sentinel1.swath_timing)
    return annotation.get(
        partial(sentinel1.burst_ids, relative_orbit=orbit, crosses_node=product.crosses_node, timing=timing)
    )


def _burst_index(product: Sentinel1Product, annotation: Document, burst: int | BurstRef) -> int:
    if isinstance(burst, int):
        return burst
    offsets = [found.byte_offset for found in annotation.get(sentinel1.swath_timing).bursts]
    numbers = [found.relative for found in _burst_ids(product, annotation)]
    for index, (offset, number) in enumerate(zip(offsets, numbers, strict=True)):
        if offset == burst.byte_offset or (burst.byte_offset is None and number == burst.relative_id):
            return index
    raise FormatError(
        f"{burst.swath} has no burst {burst.relative_id} at byte {burst.byte_offset}",
        remedy="Is the Item one of this product?",
    )
