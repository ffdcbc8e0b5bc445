"""netCDF-4 files written with h5py: dimension scales, chunks, deflate and shuffle as in Sentinel-3 and 5P products.

A dimension without coordinates is a big-endian float dataset named as the netCDF library names it, so netCDF readers
and h5py see what they see in real files. Nothing in a file depends on the day it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Group", "Variable", "attribute", "write"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its dimensions by name, its stored (packed) values and its attributes."""

    dimensions: tuple[str, ...]
    data: NDArray[Any]
    attributes: Mapping[str, object] = field(default_factory=dict)
    chunks: tuple[int, ...] | None = None
    """Chunk shape; the whole array by default."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group: dimensions (name -> length), variables, attributes and groups inside."""

    dimensions: Mapping[str, int] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)


def attribute(value: object) -> object:
    """Return a value as netCDF-C stores it: text as fixed-length bytes, numbers as arrays of one dimension."""
    if isinstance(value, str):
        return np.bytes_(value.encode())
    return np.atleast_1d(np.asarray(value))


def write(path: Path, root: Group) -> None:
    """Write the file; its folder exists."""
    with h5py.File(path, "w", libver=("earliest", "v110"), track_order=False) as file:
        _fill(file, root, {})


def _fill(group: Any, content: Group, scales: dict[str, Any]) -> None:
    for name, value in content.attributes.items():
        group.attrs[name] = attribute(value)
    scales = dict(scales)
    for name, length in content.dimensions.items():
        coordinate = content.variables.get(name)
        if coordinate is not None:
            scales[name] = _dataset(group, name, coordinate)
            scales[name].make_scale(name)
            continue
        scales[name] = group.create_dataset(name, (length,), ">f4", track_times=False)
        scales[name].make_scale(f"This is a netCDF dimension but not a netCDF variable.{length:10d}")
    for name, variable in content.variables.items():
        if name in content.dimensions:
            continue
        dataset = _dataset(group, name, variable)
        for axis, dimension in enumerate(variable.dimensions):
            dataset.dims[axis].attach_scale(scales[dimension])
    for name, inner in content.groups.items():
        _fill(group.create_group(name), inner, scales)


def _dataset(group: Any, name: str, variable: Variable) -> Any:
    fill = variable.attributes.get("_FillValue")
    dataset = group.create_dataset(
        name,
        data=variable.data,
        chunks=variable.chunks or variable.data.shape,
        compression="gzip",
        compression_opts=2,
        shuffle=True,
        fillvalue=None if fill is None else np.asarray(fill).ravel()[0],
        track_times=False,
    )
    for key, value in variable.attributes.items():
        dataset.attrs[key] = attribute(value)
    return dataset
