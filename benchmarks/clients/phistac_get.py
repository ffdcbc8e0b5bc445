"""phistac: a whole product into a folder, verified."""

from __future__ import annotations

import time

from _protocol import load, serve

import phistac

load("phistac.remote.files.filesystem", "phistac.retrieval.engine", "distributed")


def work(place, out):
    began = time.perf_counter()
    report = phistac.download(place, out, progress=False)
    seconds = time.perf_counter() - began
    report.raise_for_failures()
    return {"seconds": seconds}


serve(work)
