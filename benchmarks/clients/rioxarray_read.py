"""rioxarray: lazily over GDAL /vsis3, as its documentation opens remote files."""

from __future__ import annotations

import time

import rioxarray
from _protocol import digest, gdal_environment, serve


def work(path, region, s3):
    gdal_environment(s3)
    line, lines, pixel, width = region
    began = time.perf_counter()
    image = rioxarray.open_rasterio(f"s3://{path}", chunks={"y": 256})
    opened = time.perf_counter()
    values = image[0, line : line + lines, pixel : pixel + width].to_numpy()
    done = time.perf_counter()
    return {"open": opened - began, "read": done - opened, **digest(values)}


serve(work)
