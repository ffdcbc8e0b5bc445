"""Read the metadata of a netCDF-4 object in a few blocks.

The walk through the file is run over the blocks that are here. Where it meets one that is not, it is abandoned, the
block is asked for and the walk begins again: it costs milliseconds, a round trip fifty. Products keep their metadata in
front, so one block mostly does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import h5py

from phistac.errors import FormatError
from phistac.safe.netcdf.blocks import BLOCK, Blocks
from phistac.safe.netcdf.describe import attributes, describe, is_bare_dimension
from phistac.safe.netcdf.heaps import check_lengths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.byteranges import Indexer
    from phistac.safe.netcdf.variables import NetcdfVariable

__all__ = ["NetcdfGroup", "index_netcdf"]

_WHOLE, _HEAD = 512 * 1024, 64 * 1024
"""Objects up to the first size are fetched whole; of larger ones, this much of their front (OLCI needs 15 kB)."""
_MOST_BLOCKS = 64
_SHORT = 1 << 20
_BROKEN = (
    OSError,
    KeyError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    IndexError,
)
"""What h5py raises over bytes that are not what they should be."""


@dataclass(frozen=True, slots=True, eq=False)
class NetcdfGroup:
    """One group of a netCDF-4 object; the root is one too.

    Attributes
    ----------
    name : str
        Empty for the root.
    attrs : mapping
        Its attributes.
    variables : tuple of NetcdfVariable
        Without dimensions that carry no values.
    groups : tuple of NetcdfGroup
        Below it.
    skipped : tuple of str
        Variables of types that are not numbers or text (compounds, references).
    """

    name: str
    attrs: Mapping[str, Any]
    variables: tuple[NetcdfVariable, ...]
    groups: tuple[NetcdfGroup, ...]
    skipped: tuple[str, ...]


def index_netcdf(path: str, *, size: int, head: int | None = None) -> Indexer[NetcdfGroup]:
    """Find out what is in a netCDF-4 object and where its chunks lie.

    Parameters
    ----------
    path : str
        Relative to the product's root.
    size : int
        Of the object, in bytes, as the manifest states.
    head : int, optional
        How many bytes to ask for first; otherwise all of a small object, and enough of a large one.

    Yields
    ------
    list of ByteRange
        One block; nearly always the first is enough.

    Returns
    -------
    NetcdfGroup
        The root.

    Raises
    ------
    FormatError
        If it is not a netCDF-4 object, is cut off, or points out of itself.
    """
    file = Blocks(path, size)
    if size < 8:  # noqa: PLR2004 - the length of HDF5's signature
        raise FormatError(f"{path} has {size} bytes: not a netCDF-4 file")
    yield from file.load(0, min(size, head or (size if size <= _WHOLE else _HEAD)))
    check_lengths(file.span(0, min(size, 64)) or b"", path)
    for attempt in range(_MOST_BLOCKS):
        root = _attempt(file)
        if root is not None:
            return _with_short_values(file, root)
        if file.missing is None:
            break
        start, stop = file.missing
        block = BLOCK << attempt // 8  # the more scattered, the larger: a file cannot hold us for long
        yield from file.load(start, min(size, max(stop, start // block * block + block)))
    raise FormatError(f"{path}: its metadata is scattered over more than {_MOST_BLOCKS} blocks")


def _attempt(file: Blocks) -> NetcdfGroup | None:
    """Walk through the file; ``None`` if a block was missing."""
    file.begin()
    try:
        with h5py.File(file, "r") as opened:
            root = _group(opened, "", file.path, file.size)
    except FormatError:
        raise
    except _BROKEN as error:
        if file.missing is None:
            raise FormatError(f"{file.path} is not a whole netCDF-4 file: {error}") from error
        return None
    return root if file.missing is None else None


def _group(group: Any, name: str, path: str, size: int) -> NetcdfGroup:
    variables, groups, skipped = [], [], []
    if isinstance(group, h5py.File) and group.userblock_size:
        raise FormatError(f"{path} begins with a user block")
    for key in group:
        child = group[key]
        if isinstance(child, h5py.Group):
            groups.append(_group(child, key, path, size))
        elif isinstance(child, h5py.Dataset) and not is_bare_dimension(child):
            variable = describe(child, path, size)
            if variable is None:
                skipped.append(key)
            else:
                variables.append(variable)
    return NetcdfGroup(name, attributes(group), tuple(variables), tuple(groups), tuple(skipped))


def _with_short_values(file: Blocks, group: NetcdfGroup) -> NetcdfGroup:
    """Give coordinates and scalars whose bytes came along their values: xarray looks at them when it opens."""
    variables = tuple(_with_values(file, variable) for variable in group.variables)
    groups = tuple(_with_short_values(file, child) for child in group.groups)
    return replace(group, variables=variables, groups=groups)


def _with_values(file: Blocks, variable: NetcdfVariable) -> NetcdfVariable:
    if variable.values is not None or len(variable.shape) > 1 or variable.dtype.itemsize * sum(variable.shape) > _SHORT:
        return variable
    reading = variable.read((slice(None),) * len(variable.shape))
    try:
        parts = [file.span(asked.start, asked.stop) for asked in next(reading)]
        if any(part is None for part in parts):
            return variable
        reading.send([part for part in parts if part is not None])
    except StopIteration as end:
        return replace(variable, values=end.value)
    return variable
