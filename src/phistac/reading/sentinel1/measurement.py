"""Pixels of a Sentinel-1 image as a Dataset, without reading any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from xarray.core import indexing

from phistac.errors import NotFoundError
from phistac.reading.arrays import RangedArray
from phistac.reading.sentinel1.footprint import geospatial_attrs
from phistac.reading.sentinel1.pixels import pixel_layout, preferred_chunks
from phistac.reading.sentinel1.radiometry import ImageTables
from phistac.safe import sentinel1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.reading.source import Source
    from phistac.safe.sentinel1 import Document, ImageFiles, ImageInfo, SwathTiming

__all__ = ["burst_dataset", "measurement_dataset"]


def measurement_dataset(
    source: Source, files: ImageFiles, annotation: Document, attrs: Mapping[str, Any], *, geospatial: bool = True
) -> xr.Dataset:
    """Return the pixels of one image, lazily.

    Parameters
    ----------
    source : Source
        Where the product is.
    files : ImageFiles
        Which files the image has.
    annotation : Document
        Its annotation.
    attrs : mapping
        Facts of the product.
    geospatial : bool, optional
        Whether to compute the footprint.

    Returns
    -------
    xarray.Dataset
        ``measurement`` over (line, pixel); where there are no bursts, over (azimuth_time, slant_range_time) or
        (azimuth_time, ground_range).

    Raises
    ------
    NotFoundError
        If the product lists no measurement for the image.
    FormatError
        If annotation and manifest contradict each other.
    """
    image, timing = annotation.get(sentinel1.image_info), annotation.get(sentinel1.swath_timing)
    data = indexing.LazilyIndexedArray(RangedArray(source, pixel_layout(source, files, image, timing)))
    made = dict(attrs) | _image_attrs(image, timing)
    if geospatial:
        grid = annotation.get(sentinel1.geolocation)
        made |= geospatial_attrs(grid, grid.azimuth_time, grid.slant_range_time)
    azimuth_time = _azimuth_time(image, timing)
    coords, range_name = _coordinates(image, azimuth_time)
    variable = xr.Variable(("line", "pixel"), data, dict(made))
    dataset = xr.Dataset({"measurement": variable}, coords, made)
    swap = {} if timing.bursts else {"line": "azimuth_time", "pixel": range_name}
    dataset = dataset.swap_dims(swap)
    chunks = preferred_chunks(files, image, timing)
    _prefer(dataset, chunks | {swap[name]: chunks[name] for name in swap})
    dataset["measurement"].encoding |= {
        "tables": ImageTables(
            source,
            files.calibration,
            files.noise,
            {name: dataset[name].to_numpy() for name in ("azimuth_time", range_name)},
        ),
    }
    return dataset


def burst_dataset(dataset: xr.Dataset, annotation: Document, index: int, *, geospatial: bool = True) -> xr.Dataset:
    """Cut one burst out of a measurement dataset: reading it is reading one contiguous range.

    Parameters
    ----------
    dataset : xarray.Dataset
        As :func:`measurement_dataset` makes it.
    annotation : Document
        Of the image.
    index : int
        From 0.
    geospatial : bool, optional
        Whether to compute the footprint of the burst.

    Returns
    -------
    xarray.Dataset
        ``measurement`` over (azimuth_time, slant_range_time).

    Raises
    ------
    NotFoundError
        If there is no such burst.
    """
    timing = annotation.get(sentinel1.swath_timing)
    if not 0 <= index < len(timing.bursts):
        raise NotFoundError(f"there is no burst {index}: the image has {len(timing.bursts)}, counted from 0")
    lines = timing.lines_per_burst
    burst = dataset.isel(line=slice(lines * index, lines * (index + 1)))
    burst = burst.swap_dims({"line": "azimuth_time", "pixel": "slant_range_time"})
    node = np.datetime64(burst.attrs["ascending_node_time"], "ns")
    burst.attrs |= {
        "azimuth_anx_time": (burst.azimuth_time.to_numpy()[0] - node) / np.timedelta64(1, "s"),
        "burst_index": index,
    }
    if geospatial:
        burst.attrs |= geospatial_attrs(
            annotation.get(sentinel1.geolocation), burst.azimuth_time.to_numpy(), burst.slant_range_time.to_numpy()
        )
    if "burst_ids" in burst.attrs:
        burst.attrs["burst_id"] = burst.attrs.pop("burst_ids")[index]
    samples = timing.samples_per_burst
    _prefer(burst, {"azimuth_time": lines, "slant_range_time": samples})
    return burst


def _prefer(dataset: xr.Dataset, chunks: Mapping[str, int]) -> None:
    """Let ``chunks={}`` cut whatever lies along an axis as it cuts the pixels."""
    for variable in dataset.variables.values():
        variable.encoding["preferred_chunks"] = {
            name: size for name, size in chunks.items() if name in variable.dims or variable.ndim > 1
        }


def _image_attrs(image: ImageInfo, timing: SwathTiming) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "radar_frequency": image.radar_frequency / 10**9,
        "ascending_node_time": image.ascending_node_time,
        "azimuth_pixel_spacing": image.azimuth_pixel_spacing,
        "range_pixel_spacing": image.range_pixel_spacing,
        "product_first_line_utc_time": image.first_line_time,
        "product_last_line_utc_time": image.last_line_time,
        "azimuth_time_interval": image.azimuth_time_interval,
        "image_slant_range_time": image.slant_range_time,
        "range_sampling_rate": image.range_sampling_rate,
        "incidence_angle_mid_swath": image.incidence_angle_mid_swath,
    }
    if timing.bursts:
        identifiers = [burst.relative_id for burst in timing.bursts]
        attrs |= {"burst_ids": identifiers} if None not in identifiers else {}
        attrs |= {
            "azimuth_steering_rate": image.azimuth_steering_rate,
            "number_of_bursts": len(timing.bursts),
            "lines_per_burst": timing.lines_per_burst,
        }
    return attrs


def _azimuth_time(image: ImageInfo, timing: SwathTiming) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return the times of the lines; in an image of bursts they start anew with each, and overlap."""
    if not timing.bursts:
        times = pd.date_range(start=image.first_line_time, end=image.last_line_time, periods=image.lines)
        return np.array(times.values, dtype="datetime64[ns]")
    step = pd.Timedelta(image.azimuth_time_interval * 10**9, unit="ns").to_timedelta64()
    offsets = np.arange(timing.lines_per_burst) * step
    return np.concatenate([np.datetime64(burst.azimuth_time, "ns") + offsets for burst in timing.bursts])


def _coordinates(
    image: ImageInfo, azimuth_time: np.ndarray[Any, np.dtype[np.datetime64]]
) -> tuple[dict[str, Any], str]:
    units = {"units": f"nanoseconds since {azimuth_time[0]}", "dtype": "int64"}  # Dask's arrays need both to be written
    coords: dict[str, Any] = {
        "pixel": np.arange(image.samples),
        "line": np.arange(image.lines),
        "azimuth_time": ("line", azimuth_time, {}, units),
    }
    if image.projection == "Ground Range":
        values, name = np.linspace(0, image.range_pixel_spacing * (image.samples - 1), image.samples), "ground_range"
    else:
        last = image.slant_range_time + (image.samples - 1) / image.range_sampling_rate
        values, name = np.linspace(image.slant_range_time, last, image.samples), "slant_range_time"
    coords[name] = ("pixel", values, {}, {"_FillValue": None})
    return coords, name
