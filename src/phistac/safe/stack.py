"""Rasters of several dates on one grid: what a series of bursts is made of.

A window of the stack becomes windows of its rasters, whose byte ranges are asked for all together. What lies outside a
raster is zero and costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import together
from phistac.safe.selection import dropped, indices, locate

if TYPE_CHECKING:
    from phistac.safe.byteranges import Indexer
    from phistac.safe.raster import Raster
    from phistac.safe.selection import Indices, Key

__all__ = ["Layer", "Stack"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One raster, and where on the grid its first line and first sample lie."""

    raster: Raster
    line: int
    pixel: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Rasters behind one another, over (layer, line, pixel).

    Attributes
    ----------
    layers : tuple of Layer
        All of one type of pixel.
    lines, samples : int
        Extent of the grid.

    Raises
    ------
    FormatError
        If there is no layer, one has another type, or does not lie within the grid.
    """

    layers: tuple[Layer, ...]
    lines: int
    samples: int

    def __post_init__(self) -> None:
        if len({layer.raster.dtype for layer in self.layers}) != 1:
            raise FormatError("the layers of a stack must be of one type")
        for layer in self.layers:
            lines, samples = layer.raster.shape
            if not (0 <= layer.line <= self.lines - lines and 0 <= layer.pixel <= self.samples - samples):
                raise FormatError(f"{layer.raster.path} does not lie within the grid of its stack")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Layers, lines, samples."""
        return len(self.layers), self.lines, self.samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """What pixels become."""
        return self.layers[0].raster.dtype

    def read(self, key: Key) -> Indexer[np.ndarray[Any, Any]]:
        """Ask for the bytes of a selection, all layers at once, and return its pixels.

        Parameters
        ----------
        key : tuple of (int, slice or array of int)
            Layers, lines and samples; outer indexing.

        Yields
        ------
        list of ByteRange
            Of every layer selected, those that its own window needs.

        Returns
        -------
        array
            Of :attr:`dtype`, zero outside the layers; axes selected by integers are dropped.
        """
        chosen, lines, samples = (indices(part, size) for part, size in zip(key, self.shape, strict=True))
        pixels = np.zeros((chosen.size, lines.size, samples.size), self.dtype)
        indexers = []
        for at, number in enumerate(chosen.tolist()):
            layer = self.layers[number]
            down = _within(lines, layer.line, layer.raster.shape[0])
            along = _within(samples, layer.pixel, layer.raster.shape[1])
            indexers.append(_fill(pixels[at], layer.raster, down, along))
        yield from together(indexers)
        return pixels[dropped(key)]


def _within(wanted: Indices, first: int, count: int) -> tuple[Indices, Indices]:
    """Return which of the indices meet a raster, and where on it they do."""
    at = np.flatnonzero((wanted >= first) & (wanted < first + count))
    return at, wanted[at] - first


def _fill(
    target: np.ndarray[Any, Any], raster: Raster, down: tuple[Indices, Indices], along: tuple[Indices, Indices]
) -> Indexer[None]:
    """Read what of a raster is wanted to where it is wanted: at once if it is a block, else by way of a copy."""
    (rows, lines), (columns, samples) = down, along
    slices = [locate(part, 0) for part in (rows, lines, columns, samples)]
    if all(isinstance(part, slice) for part in slices):
        yield from raster.read((slices[1], slices[3]), into=target[slices[0], slices[2]])
    else:
        window = yield from raster.read((lines, samples))
        target[np.ix_(rows, columns)] = window
