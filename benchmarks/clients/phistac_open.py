"""phistac: metadata only. One group of many products one after another, or the whole tree of one."""

from __future__ import annotations

import time

import xarray as xr
from _protocol import load, serve

load("phistac.reading.product", "phistac.remote.files.filesystem")
xr.backends.list_engines()


def work(places, group):
    _ = xr.open_dataset(places[0], engine="safe", group=group or "")  # keys, sockets and what else is lazy
    began, cpu = time.perf_counter(), time.process_time()
    if group:
        opened = [xr.open_dataset(place, engine="safe", group=group) for place in places]
        found = [int(dataset["measurement"].size) for dataset in opened]
    else:
        found = [len(xr.open_datatree(place, engine="safe").groups) for place in places]
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "found": found}


serve(work)
