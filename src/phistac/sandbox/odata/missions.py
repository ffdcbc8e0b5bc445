"""Which collection a record belongs to: rows do not say, so their S3 path, platform or name must."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["collection_of"]

# First folder of the S3 path, where upper case alone does not give the collection.
_FOLDERS = {
    "Sentinel-1-COG": "SENTINEL-1",
    "Envisat-ASAR": "ENVISAT",
    "auxdata": "",
}
_NAMES = (
    (re.compile(r"S1[A-Z]_"), "SENTINEL-1"),
    (re.compile(r"S2[A-Z]_"), "SENTINEL-2"),
    (re.compile(r"S3[A-Z_]_"), "SENTINEL-3"),
    (re.compile(r"S5P_"), "SENTINEL-5P"),
    (re.compile(r"S6[A-Z_]_"), "SENTINEL-6"),
    (re.compile(r"L[A-Z]0?([5789])_"), r"LANDSAT-\1"),
    (re.compile(r"Copernicus_DSM_|DEM1_"), "COP-DEM"),
)


def collection_of(row: Mapping[str, Any]) -> str:
    """Return the collection of a Products or DeletedProducts row; empty where nothing tells.

    Examples
    --------
    >>> collection_of({"S3Path": "/eodata/Sentinel-5P/TROPOMI/L2__NO2___/x.nc"})
    'SENTINEL-5P'
    >>> collection_of({"Name": "S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA_20230413T212505.SAFE"})
    'SENTINEL-2'
    """
    folder = str(row.get("S3Path") or "").removeprefix("/eodata/").partition("/")[0]
    found = _FOLDERS.get(folder, folder.upper())
    if found:
        return found
    for pattern, collection in _NAMES:
        match = pattern.match(str(row.get("Name") or ""))
        if match:
            return match.expand(collection)
    return ""
