"""Versions of the tools in this environment."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from _protocol import serve

_TOOLS = (
    "eodag", "phidown", "cdsetool", "rasterio", "rioxarray", "tifffile", "zarr", "xarray-sentinel", "xarray", "s3fs",
    "s5cmd", "numpy",
)  # fmt: skip


def work():
    found = {}
    for name in _TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"GDAL": import_module("rasterio").__gdal_version__} if "rasterio" in found else found


serve(work)
