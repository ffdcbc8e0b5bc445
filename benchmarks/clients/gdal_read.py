"""GDAL /vsis3 through rasterio, with one connection or, where a user goes to the trouble, with several handles."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import rasterio
from _protocol import digest, gdal_environment, serve
from rasterio.windows import Window


def work(path, region, s3, options, handles):
    gdal_environment(s3)
    os.environ.update(options)
    line, lines, pixel, width = region
    began = time.perf_counter()
    with ThreadPoolExecutor(handles) as pool:
        images = list(pool.map(rasterio.open, [f"/vsis3/{path}"] * handles))
        opened = time.perf_counter()
        edges = np.linspace(line, line + lines, handles + 1).astype(int)
        windows = [Window(pixel, first, width, last - first) for first, last in pairwise(edges)]
        parts = list(pool.map(lambda image, window: image.read(1, window=window), images, windows))
    values = np.concatenate(parts)
    done = time.perf_counter()
    return {"open": opened - began, "read": done - opened, **digest(values)}


serve(work)
