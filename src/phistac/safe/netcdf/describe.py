"""One HDF5 dataset, in netCDF's terms: dimensions, attributes, and the places of its chunks."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from phistac.errors import FormatError
from phistac.safe.netcdf.variables import Chunks, NetcdfVariable

__all__ = ["attributes", "describe", "is_bare_dimension"]

# Attributes with which HDF5 and netCDF-4 keep their own books.
_BOOKKEEPING = frozenset({
    "CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "DIMENSION_LABELS", "_Netcdf4Dimid", "_Netcdf4Coordinates",
    "_nc3_strict", "_NCProperties",
})  # fmt: skip
_BARE = b"This is a netCDF dimension but not a netCDF variable"
_RENAMED = "_nc4_non_coord_"
"""netCDF-4 puts this before a variable that has the name of a dimension but is not its coordinate."""
_MOST_CHUNKS = 1 << 22
_LONGEST_TEXT = 1 << 20


def is_bare_dimension(dataset: Any) -> bool:
    """Say whether a dataset only stands for a dimension."""
    name = dataset.attrs.get("NAME", b"") if "CLASS" in dataset.attrs else b""
    return (name.encode() if isinstance(name, str) else bytes(name)).startswith(_BARE)


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a group or dataset, in Python's and numpy's types."""
    found = {}
    for name in node.attrs:
        if name in _BOOKKEEPING:
            continue
        value = node.attrs[name]
        if isinstance(value, h5py.Empty):
            continue
        found[name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "OS":
        value = [_plain(item) for item in value.ravel().tolist()]
        return value[0] if len(value) == 1 else value
    if isinstance(value, np.ndarray) and value.shape == (1,):
        return value[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def describe(dataset: Any, path: str, size: int) -> NetcdfVariable | None:
    """Describe a dataset, or return ``None`` where its type is neither numbers nor text.

    Raises
    ------
    FormatError
        If a chunk would lie outside the file of ``size`` bytes.
    """
    name = dataset.name.rpartition("/")[2].removeprefix(_RENAMED)
    dtype, shape = dataset.dtype, tuple(int(length) for length in dataset.shape or ())
    common = (path, name, _dimensions(dataset, name), shape)
    if h5py.check_string_dtype(dtype) is not None and dtype.kind == "O":
        if np.prod(shape, dtype=np.int64) > _LONGEST_TEXT:
            return None
        values = np.array(dataset.asstr()[()], dtype=object)
        return NetcdfVariable(*common, np.dtype(object), attributes(dataset), values=values)
    if dtype.kind not in "biufS" or dataset.shape is None:
        return None
    plain = np.dtype(dtype.str)  # without h5py's metadata (enumerations)
    return NetcdfVariable(*common, plain, attributes(dataset), chunks=_chunks(dataset, plain, path, size))


def _dimensions(dataset: Any, name: str) -> tuple[str, ...]:
    if "CLASS" in dataset.attrs and dataset.ndim == 1:
        return (name,)  # a coordinate variable is its own dimension scale
    # The attribute itself, not HDF5's functions for it: over corrupt bytes those count scales forever.
    listed = dataset.attrs.get("DIMENSION_LIST", ())
    if len(listed) != dataset.ndim:
        return tuple(f"phony_dim_{number}" for number in range(dataset.ndim))
    return tuple(dataset.file[scales[0]].name.rpartition("/")[2] for scales in listed)


def _chunks(dataset: Any, dtype: np.dtype[Any], path: str, size: int) -> Chunks:
    shape = tuple(int(length) for length in dataset.chunks or [max(length, 1) for length in dataset.shape])
    grid = tuple(-(-int(length) // step) for length, step in zip(dataset.shape, shape, strict=True))
    if np.prod([float(cells) for cells in grid]) > _MOST_CHUNKS:
        raise FormatError(f"{path}: {dataset.name} is cut into too many chunks: {grid}")
    offsets, sizes, masks = np.full(grid, -1, np.int64), np.zeros(grid, np.int64), np.zeros(grid, np.int64)
    if dataset.chunks is not None:
        for cell, mask, offset, nbytes in _stored(dataset):
            at = tuple(start // step for start, step in zip(cell, shape, strict=True))
            if all(0 <= number < cells for number, cells in zip(at, grid, strict=True)):
                offsets[at], sizes[at], masks[at] = offset, nbytes, mask
    elif (offset := dataset.id.get_offset()) is not None:
        offsets[...], sizes[...] = offset, int(np.prod(dataset.shape, dtype=np.int64)) * dtype.itemsize
    elif dataset.id.get_storage_size():
        raise FormatError(f"{path}: {dataset.name} is stored in a way that is not known here")
    if bool(((offsets + sizes) > size).any()) or bool((sizes < 0).any()):
        raise FormatError(f"{path}: {dataset.name} points outside the file of {size} bytes")
    properties = dataset.id.get_create_plist()
    filters = tuple(int(properties.get_filter(number)[0]) for number in range(properties.get_nfilters()))
    return Chunks(shape, offsets, sizes, masks, filters, dataset.fillvalue)


def _stored(dataset: Any) -> list[tuple[tuple[int, ...], int, int, int]]:
    found: list[tuple[tuple[int, ...], int, int, int]] = []
    dataset.id.chunk_iter(lambda info: found.append((info.chunk_offset, info.filter_mask, info.byte_offset, info.size)))
    return found
