"""Where and with what a run was made: for the reader of its numbers. No name of a host, a user or a folder."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.process import ClientError, call

__all__ = ["describe"]

_OURS = ("phistac", "numpy", "xarray", "s3fs", "geopandas", "pystac-client")


def describe(bench):
    """Return when, on what and with which versions."""
    try:
        peers = call(bench.peers, "versions", {}, home=bench.home)
    except ClientError as error:
        peers = {"peers": str(error)}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "ours": {name: version(name) for name in _OURS},
        "peers": peers,
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
