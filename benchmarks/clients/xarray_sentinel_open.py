"""xarray-sentinel: one group of many products one after another."""

from __future__ import annotations

import time

import xarray as xr
from _protocol import gdal_environment, load, s3fs_options, serve

load("xarray_sentinel", "rioxarray")
xr.backends.list_engines()


def work(places, group, s3):
    gdal_environment(s3)
    options = {"engine": "sentinel-1", "group": group, "storage_options": s3fs_options(s3)}
    _ = xr.open_dataset(places[0], **options)
    began, cpu = time.perf_counter(), time.process_time()
    found = [int(xr.open_dataset(place, **options)["measurement"].size) for place in places]
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "found": found}


serve(work)
