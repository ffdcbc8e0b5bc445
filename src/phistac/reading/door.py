"""``phistac.open``: xarray's own functions with types that know of Items.

``xarray.open_datatree(item, engine="safe")`` does the same at run time, but its annotations allow no Item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import xarray as xr

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pystac

    Place = pystac.Item | Mapping[str, Any] | str | os.PathLike[str]

__all__ = ["open"]


@overload
def open(place: Place, *, group: None = None, **options: Any) -> xr.DataTree: ...  # noqa: A001 - reads as phistac.open


@overload
def open(place: Place, *, group: str, **options: Any) -> xr.Dataset: ...  # noqa: A001 - as above


def open(place: Place, *, group: str | None = None, **options: Any) -> xr.DataTree | xr.Dataset:  # noqa: A001 - reads as phistac.open
    """Open a product lazily: as a tree, or one group of it as a dataset.

    Parameters
    ----------
    place : pystac.Item, mapping, str or path
        An Item of a product or a burst, a URL (``cdse://``, ``s3://eodata``, any of fsspec's) or a local folder.
    group : str, optional
        ``"IW1/VV"``, ``"IW1/VV/3"`` (a burst), ``"IW1/VV/orbit"``, ``"measurement"``.
    **options
        For :class:`phistac.SafeBackendEntrypoint` and xarray, such as ``storage_options`` and ``chunks``.

    Returns
    -------
    xarray.DataTree or xarray.Dataset
        The tree without ``group``, the dataset with it; no pixel has moved.

    Raises
    ------
    NotFoundError
        If there is no such product or group.
    FormatError
        If a file of the product is not what it should be.

    Examples
    --------
    >>> burst = phistac.open(item, group="IW1/VV/3")  # doctest: +SKIP
    """
    if group is None:
        return xr.open_datatree(place, engine="safe", **options)  # type: ignore[arg-type]  # the point of this function
    return xr.open_dataset(place, engine="safe", group=group, **options)  # type: ignore[arg-type]  # as above
