"""phistac: pixels of a product, or of a burst from its Item."""

from __future__ import annotations

import time

import xarray as xr
from _protocol import digest, load, serve

import phistac

load("phistac.reading.door", "phistac.reading.product", "phistac.remote.files.filesystem")
xr.backends.list_engines()


def work(place, group, region):
    began = time.perf_counter()
    dataset = phistac.open(place, group=group)
    pixels = dataset["measurement"]
    if region is not None:
        line, lines, pixel, width = region
        pixels = pixels[line : line + lines, pixel : pixel + width]
    opened = time.perf_counter()
    values = pixels.to_numpy()
    done = time.perf_counter()
    return {"open": opened - began, "read": done - opened, **digest(values)}


serve(work)
