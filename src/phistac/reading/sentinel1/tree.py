"""All groups of a Sentinel-1 product: the files of all images under way at once, each image made as its files come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import xarray as xr

from phistac.reading.conventions import describe
from phistac.reading.fetching import object_bytes
from phistac.reading.sentinel1.groups import file_of, kinds, table_dataset
from phistac.reading.sentinel1.measurement import measurement_dataset
from phistac.safe.sentinel1 import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.reading.source import Source
    from phistac.safe.sentinel1 import ImageFiles, Sentinel1Product

__all__ = ["open_groups"]

_APART = frozenset({"quality_information"})
"""Forty scalars an image, which would take a fifth of the time of a tree; who wants them opens the group."""
_IMAGES_AT_ONCE = 10
"""As many as a product has outside of wave mode: five swaths of EW in two polarizations."""


def open_groups(
    source: Source, product: Sentinel1Product, *, geospatial: bool = True
) -> Iterator[tuple[str, xr.Dataset]]:
    """Open all groups of a product, as a tree needs them; all files are fetched together.

    Yields
    ------
    str, xarray.Dataset
        Absolute path and group, as their files come; bursts and ``quality_information`` are not among them.
    """
    yield "/", describe(xr.Dataset(attrs=dict(product.attrs)), group="")
    with ThreadPoolExecutor(_IMAGES_AT_ONCE) as pool:
        # The files of all images are under way at once. While those of the later ones come, the first are read.
        coming = [pool.submit(_documents, source, files) for files in product.images]
        try:
            for files, documents in zip(product.images, coming, strict=True):
                yield from _image_groups(source, product, files, documents.result(), geospatial=geospatial)
        finally:
            pool.shutdown(cancel_futures=True)


def _documents(source: Source, files: ImageFiles) -> dict[str, Document]:
    wanted = [item for item in (files.annotation, files.calibration, files.noise) if item is not None]
    parts = zip(wanted, object_bytes(source, wanted), strict=True)
    return {item.path: Document(data, item.path) for item, data in parts}


def _image_groups(
    source: Source, product: Sentinel1Product, files: ImageFiles, documents: dict[str, Document], *, geospatial: bool
) -> Iterator[tuple[str, xr.Dataset]]:
    if files.annotation is not None and files.measurement is not None:
        annotation = documents[files.annotation.path]
        made = measurement_dataset(source, files, annotation, product.attrs, geospatial=geospatial)
        yield f"/{files.group}/measurement", describe(made, group=f"{files.group}/measurement")
    for kind in (each for each in kinds(product, files) if each not in _APART):
        made = table_dataset(product, kind, documents[file_of(files, kind).path])
        yield f"/{files.group}/{kind}", describe(made, group=f"{files.group}/{kind}", kind=kind)
    for document in documents.values():
        document.rest()
