"""Versions of the tools in this environment."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from _protocol import serve

_TOOLS = (
    "eodag phidown cdsetool rasterio rioxarray tifffile zarr xarray-sentinel xarray s3fs s5cmd numpy".split()
)


def work():
    found = {}
    for name in _TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if "rasterio" in found:
        import rasterio

        found["GDAL"] = rasterio.__gdal_version__
    return found


serve(work)
