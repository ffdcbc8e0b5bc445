"""Sentinel-3 products as Datasets: groups of netCDF objects, joined where they share a grid, decoded by xarray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from xarray.core import indexing

from phistac.errors import FormatError, NotFoundError
from phistac.reading.arrays import RangedArray
from phistac.reading.fetching import run
from phistac.safe.byteranges import together
from phistac.safe.netcdf import index_netcdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phistac.reading.source import Source
    from phistac.safe.manifest import ManifestObject
    from phistac.safe.netcdf import NetcdfGroup, NetcdfVariable
    from phistac.safe.sentinel3 import Sentinel3Product

__all__ = ["open_group", "open_groups"]


def open_group(source: Source, product: Sentinel3Product, group: str, *, decoders: Mapping[str, Any]) -> xr.Dataset:
    """Open one group of a product.

    Parameters
    ----------
    source : Source
        Where the product is.
    product : Sentinel3Product
        Its parsed manifest.
    group : str
        ``measurement``, or the name of a file without ``.nc``; empty for the facts of the product.
    decoders : mapping
        Keywords of :func:`xarray.decode_cf`.

    Returns
    -------
    xarray.Dataset
        The group.

    Raises
    ------
    NotFoundError
        If there is no such group, or one of its files is missing.
    """
    if not group:
        return _facts(product)
    files = product.group(group)
    if not files:
        known = list(dict.fromkeys((*product.groups, *product.files)))
        raise NotFoundError(f"{source.url} has no group {group!r}", remedy=f"There are: {', '.join(known)}.")
    indexes = _indexes(source, files)
    return _dataset(source, [indexes[item.path] for item in files], group, decoders)


def open_groups(source: Source, product: Sentinel3Product, *, decoders: Mapping[str, Any]) -> dict[str, xr.Dataset]:
    """Open all groups of a product, as a tree needs them; the metadata of all files is fetched together.

    Returns
    -------
    dict of str to xarray.Dataset
        By absolute path.
    """
    indexes = _indexes(source, [item for files in product.groups.values() for item in files])
    opened = {"/": _facts(product)}
    for group, files in product.groups.items():
        opened[f"/{group}"] = _dataset(source, [indexes[item.path] for item in files], group, decoders)
    return opened


def _facts(product: Sentinel3Product) -> xr.Dataset:
    return xr.Dataset(attrs=dict(product.attrs) | {"group": "/", "subgroups": list(product.groups)})


def _indexes(source: Source, files: Iterable[ManifestObject]) -> dict[str, NetcdfGroup]:
    wanted = {item.path: item for item in files}
    found = run(source, together([index_netcdf(item.path, size=item.size) for item in wanted.values()]))
    return dict(zip(wanted, found, strict=True))


def _dataset(source: Source, files: Sequence[NetcdfGroup], group: str, decoders: Mapping[str, Any]) -> xr.Dataset:
    variables: dict[str, xr.Variable] = {}
    for file in files:
        for variable in file.variables:
            if variable.name in variables:
                raise FormatError(f"{variable.path}: its variable {variable.name} is in another file of {group} too")
            variables[variable.name] = _variable(source, variable)
    _check_lengths(variables, group)
    attrs = _common(files) | {"group": f"/{group}"}
    skipped = [name for file in files for name in file.skipped]
    dataset = xr.Dataset(variables, attrs=attrs | ({"variables_not_read": skipped} if skipped else {}))
    return xr.decode_cf(dataset, **decoders)


def _common(files: Sequence[NetcdfGroup]) -> dict[str, Any]:
    """Attributes that all files of a group have alike: the title of one band is not that of all."""
    first, *others = [file.attrs for file in files]
    return {
        name: value
        for name, value in first.items()
        if all(name in attrs and np.array_equal(attrs[name], value) for attrs in others)
    }


def _check_lengths(variables: Mapping[str, xr.Variable], group: str) -> None:
    lengths: dict[object, int] = {}
    for name, variable in variables.items():
        for dimension, length in variable.sizes.items():
            if lengths.setdefault(dimension, length) != length:
                raise FormatError(
                    f"{group}: {name} has {length} {dimension}, other variables have {lengths[dimension]}"
                )


def _variable(source: Source, variable: NetcdfVariable) -> xr.Variable:
    encoding: dict[str, Any] = {"dtype": variable.dtype, "source": f"{source.url}/{variable.path}"}
    dims = _distinct(variable.dims)
    if variable.values is not None:
        return xr.Variable(dims, variable.values, dict(variable.attrs), encoding)
    if variable.chunks is not None:
        encoding["preferred_chunks"] = dict(zip(dims, variable.chunks.shape, strict=True))
    data = indexing.LazilyIndexedArray(RangedArray(source, variable))
    return xr.Variable(dims, data, dict(variable.attrs), encoding)


def _distinct(dims: Sequence[str]) -> list[str]:
    """Tell the axes of a covariance apart, (bands, bands): xarray wants each dimension once."""
    return [
        f"{name}_{before}" if (before := list(dims[:number]).count(name)) else name for number, name in enumerate(dims)
    ]
