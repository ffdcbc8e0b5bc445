"""``phistac.calibrate``: from the digital numbers of a Sentinel-1 image to backscatter, lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import xarray as xr
from xarray.core import indexing

from phistac.errors import NotFoundError, QueryError
from phistac.reading.calibrated import Calibrated, calibrated
from phistac.reading.pending import held
from phistac.reading.sentinel1.radiometry import ImageTables, radiometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.sentinel1.radiometry import Radiometry

__all__ = ["Backscatter", "calibrate"]

Backscatter = Literal["sigma0", "gamma0", "beta0"]

_NAMES = {"sigma0": "sigma nought", "gamma0": "gamma nought", "beta0": "beta nought"}
_NO_TABLES = "Calibrate what open_dataset or open_datatree with engine='safe' gave, or a selection of it."


def calibrate(
    image: xr.DataTree | xr.Dataset | xr.DataArray, kind: Backscatter = "sigma0", *, denoise: bool = False
) -> xr.DataArray:
    """Return the intensity of a Sentinel-1 image: sigma nought, gamma nought or beta nought, on a linear scale.

    The result is as lazy as the image: a window of it reads the window's bytes; chunks of Dask stay chunks. The tables
    are fetched now, once, unless the tree has them: two files, no pixel. Between the places where they are given they
    are bilinear in line and pixel, as in xarray-sentinel.

    Parameters
    ----------
    image : xarray.DataTree, Dataset or DataArray
        The node of an image (``tree["IW1/VV"]``), its pixels (``open_dataset(group="IW1/VV")``), a burst, or any
        selection of them by rows and columns; complex or detected.
    kind : {"sigma0", "gamma0", "beta0"}
        Which backscatter coefficient.
    denoise : bool
        Whether to take the thermal noise off before. What is then below zero stays so: a mean over an area of little
        backscatter is right only with it. ``.clip(min=0)`` removes it. Pixels without data, whose digital number is 0,
        are 0 with and without noise.

    Returns
    -------
    xarray.DataArray
        float32, named after ``kind``, with the coordinates and attributes of the image; ``units`` are ``m2 m-2``. In
        decibels: ``10 * numpy.log10(result)``.

    Raises
    ------
    QueryError
        If ``kind`` is none of the three, or rows and columns are not those of one image any more.
    NotFoundError
        If what is given does not know its product, or the product has no such tables.
    FormatError
        If a table is not what it should be.
    ServiceError
        If the tables could not be fetched.

    Examples
    --------
    ::

        tree = phistac.open(item)
        sigma0 = phistac.calibrate(tree["IW/VV"], "sigma0", denoise=True)
        sigma0[5000:5200, 8000:8200].plot()

    Notes
    -----
    ``|DN|^2 / A^2``, or ``(|DN|^2 - n) / A^2`` without noise: ESA-EOPG-CSCOP-TN-0002 and MPC-0392; see
    :mod:`phistac.safe.sentinel1.radiometry`.
    """
    if kind not in get_args(Backscatter):
        raise QueryError(f"there is no backscatter called {kind!r}", remedy="There are: sigma0, gamma0, beta0.")
    numbers, beside = _measurement(image)
    line, pixel = _places(numbers)
    known = numbers.encoding.get("tables")
    if isinstance(known, ImageTables) and not known.are_of(numbers):
        raise QueryError(
            "some of these rows are not of the image whose tables are known",
            remedy="Calibrate each image, then join them.",
        )
    tables = beside if _covered(beside, line, pixel) else _fetched(numbers, denoise=denoise)
    found = radiometry(tables, kind, denoise=denoise)
    turned = numbers.ndim > 1 and numbers.get_axis_num(numbers["line"].dims[0]) > 0
    data = _lazily(numbers.variable, line, pixel, found, turned=turned)
    made = numbers.copy(data=data)
    made.name = kind
    made.attrs |= {"units": "m2 m-2", "long_name": _NAMES[kind]}
    made.encoding = {name: value for name, value in made.encoding.items() if name == "preferred_chunks"}
    return made


def _measurement(image: xr.DataTree | xr.Dataset | xr.DataArray) -> tuple[xr.DataArray, Mapping[str, xr.Dataset]]:
    """Return the digital numbers, and the tables beside them in a tree."""
    beside: dict[str, xr.Dataset] = {}
    if isinstance(image, xr.DataTree):
        node = image if "measurement" in image.data_vars else image.children.get("measurement", image)
        siblings = node.parent.children if node.parent is not None else {}
        beside = {name: sibling.to_dataset() for name, sibling in siblings.items()}
        image = node.to_dataset()
    if isinstance(image, xr.Dataset):
        if "measurement" not in image:
            raise NotFoundError("there are no pixels in what is to be calibrated", remedy=_NO_TABLES)
        image = image["measurement"]
    return image, beside


def _places(numbers: xr.DataArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return lines and pixels in the whole image."""
    if not {"line", "pixel"} <= set(numbers.coords):
        raise QueryError("the rows and columns of the image are not known any more", remedy=_NO_TABLES)
    line, pixel = numbers["line"], numbers["pixel"]
    if numbers.ndim != line.ndim + pixel.ndim or {*line.dims, *pixel.dims} != set(numbers.dims):
        raise QueryError(
            f"an image over {', '.join(map(str, numbers.dims))} has no rows and columns",
            remedy="Calibrate first, then select points.",
        )
    return line.to_numpy().astype(np.int64), pixel.to_numpy().astype(np.int64)


def _covered(tables: Mapping[str, xr.Dataset], line: np.ndarray[Any, Any], pixel: np.ndarray[Any, Any]) -> bool:
    """Say whether there are tables that cover an image: a selection from a whole tree may have cut them, too."""
    if "calibration" not in tables:
        return False
    pairs = ((tables["calibration"][name].to_numpy(), at) for name, at in (("line", line), ("pixel", pixel)))
    return all(axis.size and (not at.size or axis[0] <= at.min() <= at.max() <= axis[-1]) for axis, at in pairs)


def _fetched(numbers: xr.DataArray, *, denoise: bool) -> Mapping[str, xr.Dataset]:
    tables = numbers.encoding.get("tables")
    if not isinstance(tables, ImageTables):
        raise NotFoundError("what is to be calibrated does not know its product", remedy=_NO_TABLES)
    return tables.fetch(denoise=denoise)


def _lazily(
    numbers: xr.Variable,
    line: np.ndarray[Any, Any],
    pixel: np.ndarray[Any, Any],
    found: Radiometry,
    *,
    turned: bool,
) -> Any:
    if numbers.chunks is None:
        made = indexing.LazilyIndexedArray(Calibrated(held(numbers), line, pixel, found, turned=turned))
        wrap: Any = indexing.CopyOnWriteArray  # as xarray holds what it opens; its wrappers have few types
        return indexing.MemoryCachedArray(wrap(made))  # type: ignore[no-untyped-call]  # as above
    import dask.array as da  # noqa: PLC0415 - whoever has Dask's arrays has imported it; nobody else pays for it

    data = held(numbers)
    places, axes = [], iter(range(1, -1, -1) if turned else range(data.ndim))
    for at in (line, pixel):
        shape, chunks = [1] * data.ndim, [(1,)] * data.ndim
        if at.ndim:
            axis = next(axes)
            shape[axis], chunks[axis] = at.size, data.chunks[axis]
        places.append(da.from_array(at.reshape(shape), chunks=tuple(chunks)))  # type: ignore[no-untyped-call]  # Dask has few types
    return da.map_blocks(  # type: ignore[no-untyped-call]  # as above
        calibrated,
        data,
        *places,
        radiometry=found,
        turned=turned,
        dtype=np.float32,
        meta=np.empty((0,) * data.ndim, "f4"),
    )
