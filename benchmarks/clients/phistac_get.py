"""phistac: a whole product into a folder, verified."""

from __future__ import annotations

import time

import phistac
import phistac.remote.filesystem
import phistac.retrieval.engine  # noqa: F401 - loaded lazily; here, before the clock runs
from _protocol import serve


def work(place, out):
    began = time.perf_counter()
    report = phistac.download(place, out, progress=False)
    seconds = time.perf_counter() - began
    report.raise_for_failures()
    return {"seconds": seconds}


serve(work)
