"""``phistac.burst_series``: one burst over dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr
from xarray.backends import BackendEntrypoint

from phistac.reading.series.annotations import Annotation, address, keep, read_annotations
from phistac.reading.series.arrays import SeriesArray
from phistac.reading.series.dataset import cube_dataset, with_facts
from phistac.reading.series.facts import Facts, read_facts
from phistac.reading.series.members import series_dates
from phistac.reading.sidecar import Sidecar
from phistac.safe.alignment import agree, common_grid, seen_lines
from phistac.safe.stack import Layer, Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.reading.series.members import Date
    from phistac.reading.source import Source
    from phistac.safe.alignment import Grid
    from phistac.stac.tables import ItemsLike

__all__ = ["burst_series"]


def burst_series(
    items: ItemsLike, *, chunks: Any = None, storage_options: Mapping[str, Any] | None = None
) -> xr.Dataset:
    """Open one burst on many dates as one Dataset, lazily.

    One annotation is read for each date, all of them as one batch, and kept in the sidecar
    (:mod:`phistac.reading.sidecar`), so that the next series of these dates reads none.

    Parameters
    ----------
    items : iterable of pystac.Item or dict, ItemCollection, or GeoDataFrame
        Of the collection ``sentinel-1-slc-burst``: one burst, any dates and platforms, the same polarizations on each.
    chunks : int, dict, "auto" or None, optional
        For Dask, as in :func:`xarray.open_dataset`; ``{}`` makes one chunk of each date. Without it, what is used is
        read at once, all dates planned together.
    storage_options : mapping, optional
        As in :func:`phistac.open`, such as ``account``.

    Returns
    -------
    xarray.Dataset
        Over (time, line, pixel): one complex64 variable for each polarization (``VV``, ``VH``), and ``valid``, the mask
        of pixels that hold an image. **Not coregistered**: dates are aligned by whole lines (on the ground, by the
        orbits) and whole samples (by slant range time); ``line_shift`` and ``pixel_shift`` say what that leaves over.
        Coordinates ``azimuth_time(time, line)``, ``slant_range_time(pixel)``, ``platform(time)``, ``product(time)``;
        variables ``orbit_time``, ``orbit_position`` and ``orbit_velocity``, ``burst_mid_time``, FM rate and Doppler
        centroid of each date, ``first_valid_sample`` and ``last_valid_sample`` of each line.

    Raises
    ------
    QueryError
        If the Items do not belong together: the message names the key that differs, and the Items.
    NotFoundError
        If a product is not there.
    FormatError
        If an annotation is not what it should be, or of another burst.
    ChangedObjectError
        When pixels are read: if a product was replaced since its annotation was read.

    Examples
    --------
    >>> found = catalog.search(collections=["sentinel-1-slc-burst"], filter="burst:id = 't044_092602_iw2'")
    ... # doctest: +SKIP
    >>> series = phistac.burst_series(found.items())  # doctest: +SKIP
    >>> first = series.VV.isel(time=0, line=slice(500, 700)).load()  # doctest: +SKIP
    """
    opened = _open(items, storage_options)
    # xarray's own way from lazy arrays to a Dataset, so that chunks mean what they mean everywhere.
    cube = xr.open_dataset(opened, engine=_SeriesEngine, chunks=chunks)  # type: ignore[arg-type]  # only our engine sees it
    dataset = with_facts(cube, opened.dates, opened.facts, opened.grid)
    dataset.attrs.update(opened.attrs)
    return dataset


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """Everything that is known of a series once its annotations are read."""

    source: Source
    dates: tuple[Date, ...]
    facts: tuple[Facts, ...]
    grid: Grid
    arrays: Mapping[str, SeriesArray]
    attrs: Mapping[str, Any]

    def __dask_tokenize__(self) -> object:
        return type(self).__qualname__, self.source, self.dates, self.grid


class _SeriesEngine(BackendEntrypoint):
    """Hands an opened series to xarray."""

    open_dataset_parameters: ClassVar[tuple[str, ...]] = ("filename_or_obj", "drop_variables")

    def open_dataset(self, filename_or_obj: Any, *, drop_variables: Any = None) -> xr.Dataset:
        opened: _Opened = filename_or_obj
        return cube_dataset(opened.facts, opened.grid, opened.arrays).drop_vars(drop_variables or ())


def _open(items: ItemsLike, storage_options: Mapping[str, Any] | None) -> _Opened:
    source, dates, common = series_dates(items, storage_options=storage_options)
    sidecar = Sidecar.of_user()
    annotations = read_annotations(source.settings, [date.members[0].annotation for date in dates], sidecar)
    facts = tuple(read_facts(date, each.document) for date, each in zip(dates, annotations, strict=True))
    keep(sidecar, annotations)
    names = [date.name for date in dates]
    sampling = agree([each.sampling for each in facts], names)
    shapes = [each.shape for each in facts]
    seen = seen_lines(shapes, [each.orbit for each in facts], facts[0].ground, sampling.azimuth_time_interval)
    grid = common_grid(shapes, seen, sampling.range_sampling_rate, names)
    arrays = {
        member.polarization: _array(source, number, dates, facts, grid, annotations, sidecar)
        for number, member in enumerate(dates[0].members)
    }
    attrs = {key.replace(":", "_").removeprefix("sat_"): value for key, value in common.items() if value is not None}
    return _Opened(source, dates, facts, grid, arrays, attrs)


def _array(
    source: Source,
    number: int,
    dates: Sequence[Date],
    facts: Sequence[Facts],
    grid: Grid,
    annotations: Sequence[Annotation],
    sidecar: Sidecar,
) -> SeriesArray:
    """Return the pixels of one polarization, the ``number``-th of each date."""
    members = [date.members[number] for date in dates]
    layers = [
        Layer(each.raster(member), line, pixel)
        for each, member, line, pixel in zip(facts, members, grid.line, grid.pixel, strict=True)
    ]
    known, witnesses = {}, {}
    for member, date, annotation in zip(members, dates, annotations, strict=True):
        if annotation.entry.etag:
            witnesses[member.measurement] = (date.members[0].annotation, annotation.entry.etag)
        entry = sidecar.find(address(source.settings, member.measurement)) if annotation.kept else None
        if entry is not None:
            known[member.measurement] = entry.etag
    return SeriesArray(source, Stack(tuple(layers), grid.lines, grid.samples), known, witnesses)
