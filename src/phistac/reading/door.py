"""``phistac.open``: xarray's own functions with types that know of Items.

``xarray.open_datatree(item, engine="safe")`` does the same at run time, but its annotations allow no Item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

import xarray as xr

if TYPE_CHECKING:
    import os

    import pystac

    Place = pystac.Item | Mapping[str, Any] | str | os.PathLike[str]
    Chunks = int | str | Mapping[Any, Any] | None

__all__ = ["open"]


@overload
def open(  # noqa: A001 - reads as phistac.open
    place: str | os.PathLike[str],
    *,
    group: None = None,
    storage_options: Mapping[str, Any] | None = None,
    chunks: Chunks = None,
    **options: Any,
) -> xr.DataTree: ...


@overload
def open(  # noqa: A001 - as above
    place: pystac.Item | Mapping[str, Any],
    *,
    group: None = None,
    storage_options: Mapping[str, Any] | None = None,
    chunks: Chunks = None,
    **options: Any,
) -> Any: ...  # a tree or, of a burst's Item, a dataset: only the Item knows


@overload
def open(  # noqa: A001 - as above
    place: Place,
    *,
    group: str,
    burst: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    chunks: Chunks = None,
    **options: Any,
) -> xr.Dataset: ...


def open(  # noqa: A001 - as above
    place: Place,
    *,
    group: str | None = None,
    burst: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    chunks: Chunks = None,
    **options: Any,
) -> xr.DataTree | xr.Dataset:
    """Open a product lazily as a tree, one group of it or a burst as a dataset.

    Parameters
    ----------
    place : pystac.Item, mapping, str or path
        The Item of a product or a burst, or a place: ``cdse://eodata/…``, ``s3://eodata/…`` (this is CDSE unless
        ``storage_options`` names an endpoint), an ``S3Path`` of the catalogue, a download or ``Nodes`` address, any URL
        of fsspec's, a local folder, its manifest, or a zip of it (``X.SAFE.zip``, ``zip://X.SAFE::https://…``).
    group : str, optional
        ``"IW1/VV"``, ``"IW1/VV/3"`` (a burst), ``"IW1/VV/orbit"``, ``"measurement"``. Without it, all of a product, and
        of a burst's Item the burst.
    burst : int, optional
        Which burst of the image that ``group`` names, from 0.
    storage_options : mapping, optional
        For fsspec. At CDSE ``account`` (a label), other settings, or keys, which stay in this process.
    chunks : int, str or mapping, optional
        For Dask; ``{}`` is by bursts or by bands of lines. NumPy arrays on use by default.
    **options
        For :class:`phistac.SafeBackendEntrypoint` and xarray.

    Returns
    -------
    xarray.DataTree or xarray.Dataset
        The tree of a product; the dataset of a group or a burst. No pixel has moved.

    Raises
    ------
    NotFoundError
        If there is no such product or group.
    FormatError
        If a file of the product is not what it should be.
    ConfigurationError
        If an Item leads out of the archive, or an option makes no sense.
    CredentialsMissingError
        If the account has no keys.
    RateLimitError
        If the archive goes on refusing, after retries.
    ServiceError
        If the archive fails or cannot be reached, after retries.

    Warns
    -----
    PhistacWarning
        If large files of a zipped product are compressed: they have no byte ranges, each read begins at their start.

    Examples
    --------
    On the sandbox, without an account:

    >>> import phistac
    >>> with phistac.Sandbox():  # doctest: +SKIP
    ...     search = phistac.connect().search(collections=["sentinel-1-slc-burst"], max_items=1)
    ...     burst = phistac.open(next(search.items()))
    ...     print(burst.measurement.dims)
    ('azimuth_time', 'slant_range_time')
    """
    given = {**options, "storage_options": storage_options, "chunks": chunks}
    if group is None and burst is None and not _is_burst(place):
        return xr.open_datatree(place, engine="safe", **given)  # type: ignore[arg-type]  # the point of this function
    return xr.open_dataset(place, engine="safe", group=group, burst=burst, **given)  # type: ignore[arg-type]  # as above


def _is_burst(place: Any) -> bool:
    """Say whether a place is the Item of a burst: one that says which."""
    properties = place.get("properties") if isinstance(place, Mapping) else getattr(place, "properties", None)
    return "burst:swath" in (properties or ())
