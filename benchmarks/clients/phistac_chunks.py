"""phistac: chunks of a lazy array, read by the workers of a Dask cluster or by four threads, on a signal."""

from __future__ import annotations

import contextlib
import time
import zlib
from pathlib import Path

import dask
import distributed
import numpy as np
import xarray as xr
from _protocol import load, serve

load("phistac.reading.product", "phistac.remote.files.filesystem")


def work(place, group, lines, first, count, workers, signals, name):
    with _scheduler(workers) as everywhere:
        measurement = xr.open_dataset(place, engine="safe", group=group, chunks={"line": lines})["measurement"]
        chunks = measurement.data[first * lines : (first + count) * lines]
        sums = chunks.map_blocks(_checksum, dtype="int64", chunks=(1, chunks.chunks[1]))
        everywhere()
        _wait(Path(signals), name)
        began = time.perf_counter()
        found = sums.compute()
        seconds = time.perf_counter() - began
        (Path(signals) / f"done-{name}").touch()
    return {"seconds": seconds, "sums": found[:, 0].tolist()}


def _checksum(block):
    return np.array([[zlib.adler32(np.ascontiguousarray(block))]])


@contextlib.contextmanager
def _scheduler(workers):
    """Yield what makes every worker import what it needs: no tool is timed for its imports."""
    if not workers:
        with dask.config.set(scheduler="threads", num_workers=4):
            yield lambda: None
        return
    options = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield lambda: client.run(load, "phistac.reading.product", "phistac.remote.files.filesystem")


def _wait(signals, name):
    (signals / f"ready-{name}").touch()
    while not (signals / "go").exists():
        time.sleep(0.005)


if __name__ == "__main__":  # the workers import this file too
    serve(work)
