"""xarray-sentinel: a burst, or a window of an image, through fsspec and what rasterio makes of the address."""

from __future__ import annotations

import time

import xarray as xr
from _protocol import digest, gdal_environment, load, s3fs_options, serve

load("xarray_sentinel", "rioxarray")
xr.backends.list_engines()


def work(product, group, region, s3):
    gdal_environment(s3)
    began = time.perf_counter()
    dataset = xr.open_dataset(f"s3://{product}", engine="sentinel-1", group=group, storage_options=s3fs_options(s3))
    pixels = dataset["measurement"]
    if region is not None:
        line, lines, pixel, width = region
        pixels = pixels[line : line + lines, pixel : pixel + width]
    opened = time.perf_counter()
    values = pixels.to_numpy()
    done = time.perf_counter()
    return {"open": opened - began, "read": done - opened, **digest(values)}


serve(work)
