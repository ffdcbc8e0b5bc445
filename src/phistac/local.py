"""Files of the user in: areas of interest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from phistac.analysis.aoi import to_geometry
from phistac.errors import GeometryError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_area"]

_LONGEST_FILE_NAME = 255
_FILE_NAME = re.compile(r"[^\s()]+\.\w{2,8}")


def read_area(source: str | Path) -> BaseGeometry:
    """Read an area of interest from a file, or from WKT text.

    Parameters
    ----------
    source : str or pathlib.Path
        A file of any vector format that GDAL reads (its features are united, and brought to EPSG:4326), or WKT in
        EPSG:4326.

    Returns
    -------
    shapely geometry
        Longitude and latitude in degrees, EPSG:4326.

    Raises
    ------
    GeometryError
        If the source is neither a readable file nor WKT, or its geometry crosses itself.

    Examples
    --------
    >>> read_area("POINT (14.14 40.83)").geom_type
    'Point'
    """
    if not _is_file(source):
        try:
            return to_geometry(str(source))
        except GeometryError as error:
            if not _FILE_NAME.fullmatch(str(source)):
                raise
            raise GeometryError(
                f"there is no file {str(source)!r}, and it is not WKT", remedy="Give a file that GDAL reads, or WKT."
            ) from error
    import geopandas as gpd  # noqa: PLC0415 - half a second, only for files
    from pyogrio.errors import DataSourceError  # noqa: PLC0415 - comes with geopandas

    try:
        table = gpd.read_file(source)
    except DataSourceError as error:
        raise GeometryError(f"{source} is not a vector file", remedy="Give GeoJSON, GeoPackage or WKT.") from error
    return to_geometry(table)


def _is_file(source: str | Path) -> bool:
    if isinstance(source, Path):
        return True
    return len(source) <= _LONGEST_FILE_NAME and "\n" not in source and Path(source).is_file()
