"""phistac: one burst on many dates, all of it."""

from __future__ import annotations

import hashlib
import os
import resource
import time

import xarray as xr
from _protocol import load, serve

import phistac

load("phistac.reading.series.door", "phistac.reading.product", "phistac.remote.files.filesystem", "s3fs")
xr.backends.list_engines()


def work(items, sidecar):
    os.environ["PHISTAC_SIDECAR"] = sidecar
    began = time.perf_counter()
    series = phistac.burst_series(items)
    opened = time.perf_counter()
    pixels = series.VV.to_numpy()
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    digests = [hashlib.sha256(date).hexdigest() for date in pixels]
    return {"open": opened - began, "read": done - opened, "digests": digests, "peak_gb": peak}


serve(work)
