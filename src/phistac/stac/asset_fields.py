"""What an asset is, from its key: type, title, roles, polarization, grid. As CDSE's own Items say it."""

from __future__ import annotations

import re
from typing import Any

from phistac.stac.mgrs import tile_of, tile_projection

__all__ = ["fields_of"]

_GEOTIFF = "image/tiff; application=geotiff; profile=cloud-optimized"
_TYPES = {
    ".xml": "application/xml", ".xsd": "application/xml", ".safe": "application/xml", ".EOF": "application/xml",
    ".gml": "application/gml+xml", ".kml": "application/vnd.google-earth.kml+xml", ".json": "application/json",
    ".tiff": _GEOTIFF, ".tif": _GEOTIFF, ".jp2": "image/jp2", ".png": "image/png", ".jpg": "image/jpeg",
    ".nc": "application/netcdf", ".html": "text/html", ".pdf": "application/pdf", ".zip": "application/zip",
}  # fmt: skip
_METADATA = frozenset({".xml", ".html", ".pdf", ".xsd", ".json", ".safe", ".gml", ".kml", ".css", ".rtf", ".txt"})
_TITLES = {"xfdumanifest": "Product manifest", "eop_metadata": "EOP Metadata", "thumbnail": "Thumbnail"}
_POLARIZED = {"h": "Horizontal", "v": "Vertical"}
_S1_KEY = re.compile(r"(?:schema-(?P<kind>[a-z]+)-)?(?:(?P<swath>[a-z]{2}\d?|[sn]\d)-)?(?P<pol>[hv]{2})(?:-\d{3})?")
_S2_KEY = re.compile(r"(?P<band>B\d[\dA]|TCI|AOT|SCL|WVP)(?:_(?P<meters>\d\d)m)?")
_S2_NATIVE_M = {
    **dict.fromkeys(("B02", "B03", "B04", "B08", "TCI"), 10), **dict.fromkeys(("B01", "B09", "B10"), 60),
    "AOT": None, "WVP": None,
}  # fmt: skip
"""Meters that a band was made in; 20 for the others. Of AOT and WVP, CDSE's own Items do not say."""
_S2_TITLES = {
    "B01": "Coastal aerosol (band 1)", "B02": "Blue (band 2)", "B03": "Green (band 3)", "B04": "Red (band 4)",
    "B05": "Red edge 1 (band 5)", "B06": "Red edge 2 (band 6)", "B07": "Red edge 3 (band 7)", "B08": "NIR 1 (band 8)",
    "B8A": "NIR 2 (band 8A)", "B09": "NIR 3 (band 9)", "B10": "Cirrus (band 10)", "B11": "SWIR 1 (band 11)",
    "B12": "SWIR 2 (band 12)", "AOT": "Aerosol optical thickness (AOT)", "SCL": "Scene classification map (SCL)",
    "WVP": "Water vapour (WVP)",
}  # fmt: skip
_BASELINE = re.compile(r"_N(\d{4})_")
_WITH_OFFSET = "0400"
"""From this baseline on, 1000 is added to the digital numbers of a reflectance."""


def fields_of(name: str, key: str, path: str) -> dict[str, Any]:
    """Return the fields that say what an asset is.

    Parameters
    ----------
    name : str
        The product's, with extension.
    key : str
        The asset's.
    path : str
        Of the file, relative to the product's root; empty for a product of one file.

    Examples
    --------
    >>> fields_of("S1A_IW_GRDH_1SDV_X_COG.SAFE", "vh", "measurement/x.tiff")["title"]
    'VH: Vertical transmit, horizontal receive'
    """
    file = path.rpartition("/")[2] or name
    extension = f".{file.rpartition('.')[2]}" if "." in file else ""
    role = {"thumbnail": "thumbnail"}.get(key, "metadata" if extension in _METADATA else "data")
    fields: dict[str, Any] = {
        "type": _TYPES.get(extension, "application/octet-stream"),
        "title": _TITLES.get(key, file),
        "roles": [role],
    }
    if name.startswith("S1") and (match := _S1_KEY.fullmatch(key)) is not None:
        return {**fields, **_sentinel1(match, role, "_GRD" in name)}
    if name.startswith("S2") and (match := _S2_KEY.fullmatch(key)) is not None:
        return {**fields, **_sentinel2(name, match)}
    return fields


def _sentinel1(match: re.Match[str], role: str, grd: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two layouts
    pol, kind = match["pol"].upper(), match["kind"]
    roles = [role] if grd or match["swath"] is None else [role, match["swath"]]
    if kind is not None:
        named = "Product" if kind == "product" and not grd else kind
        made: dict[str, Any] = {"title": f"{pol} {named} Schema", "roles": roles}
    else:
        sent, received = (_POLARIZED[letter] for letter in match["pol"])
        made = {
            "title": f"{pol}: {sent} transmit, {received.lower()} receive",
            "roles": roles,
            **({"data_type": "uint16", "nodata": 0} if grd else {"data_type": "cint16"}),
        }
    return {**made, "sar:polarizations": [pol]} if grd or kind is None else made


def _sentinel2(name: str, match: re.Match[str]) -> dict[str, Any]:
    band, written = match["band"], match["meters"]
    original = _S2_NATIVE_M.get(band, 20)
    meters = int(written) if written else original or 20
    reflectance = band.startswith("B")
    roles = ["visual"] if band == "TCI" else ["data", "reflectance"] if reflectance else ["data"]
    if written and original is not None:
        finer = "up" if meters < original else "down"
        roles.append("sampling:original" if meters == original else f"sampling:{finer}sampled")
    if written:
        roles.append(f"gsd:{meters}m")
    made: dict[str, Any] = {
        "title": "True color image" if band == "TCI" else f"{_S2_TITLES[band]} - {meters}m",
        "roles": roles,
        "data_type": "uint8" if band in {"TCI", "SCL"} else "uint16",
        "nodata": 0,
        **(_scale(name) if reflectance else {}),
        "gsd": meters,
    }
    tile = tile_of(name)
    return made if tile is None else {**made, **tile_projection(tile, meters)}


def _scale(name: str) -> dict[str, float]:
    """Return how digital numbers become reflectance; the offset only where the name says the baseline."""
    baseline = _BASELINE.search(name)
    scale = {"raster:scale": 0.0001}
    return {**scale, "raster:offset": -0.1} if baseline is not None and baseline[1] >= _WITH_OFFSET else scale
