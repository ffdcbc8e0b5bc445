"""What an asset is, from its key: type, title, roles, polarization, grid. As CDSE's own Items say it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from phistac.stac.mgrs import tile_of, tile_projection

__all__ = ["Fields", "fields_from", "fields_of", "kind_of"]

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


class Fields(NamedTuple):
    """The fields of an asset that follow from what it is: the same for all products of a kind."""

    lists: tuple[tuple[str, list[Any]], ...]
    """Those that are lists, of which every asset has its own."""
    named: bool
    """Whether the title is the name of the file."""
    forms: tuple[dict[str, Any], ...]
    """Whole assets to be copied and filled in, by what else is known: checksum (1), size (2), other address (4)."""


_FORMS = 8
_FILE = ("file:checksum", "file:size", "file:local_path", "href", "alternate:name", "auth:refs", "storage:refs")


def fields_from(plain: dict[str, Any]) -> Fields:
    """Return fields that are known as they stand; without a title, that is the name of the file."""
    lists = tuple((name, value) for name, value in plain.items() if isinstance(value, list))
    whole = {**plain, **dict.fromkeys((*_FILE, "alternate")), "alternate:name": "S3"}
    forms = tuple(
        {name: value for name, value in whole.items() if name not in left_out}
        for left_out in (_left_out(number) for number in range(_FORMS))
    )
    return Fields(lists, plain["title"] is None, forms)


def _left_out(number: int) -> list[str]:
    return [name for bit, name in enumerate(("file:checksum", "file:size", "alternate")) if not number >> bit & 1]


def kind_of(name: str) -> str:
    """Return a name for all products whose files mean the same: mission, type, and the grid of a tile.

    Examples
    --------
    >>> kind_of("S2A_MSIL2A_20200703T103031_N0500_R108_T32TNT_20230613T212700.SAFE")
    'S2_N0500_T32TNT_'
    """
    mission = name[:2]
    if mission == "S1":
        return "S1_GRD" if "_GRD" in name else "S1"
    if mission == "S2":
        baseline, tile = _BASELINE.search(name), tile_of(name)
        return f"S2{baseline[0][:-1] if baseline else ''}{f'_T{tile}_' if tile else ''}"
    if mission == "S3":
        return f"S3__{name[4:12]}"
    return mission if mission in {"S5", "S6"} else name


def fields_of(kind: str, key: str, path: str) -> Fields:
    """Return the fields that say what an asset is.

    Parameters
    ----------
    kind : str
        Of the product, by :func:`kind_of`.
    key : str
        The asset's.
    path : str
        Of the file, or its name.

    Examples
    --------
    >>> fields_of("S1_GRD", "vh", "measurement/x.tiff").forms[0]["title"]
    'VH: Vertical transmit, horizontal receive'
    """
    file = path.rpartition("/")[2]
    extension = f".{file.rpartition('.')[2]}" if "." in file else ""
    role = {"thumbnail": "thumbnail"}.get(key, "metadata" if extension in _METADATA else "data")
    fields: dict[str, Any] = {
        "type": _TYPES.get(extension, "application/octet-stream"),
        "title": _TITLES.get(key),
        "roles": [role],
    }
    if kind.startswith("S1") and (match := _S1_KEY.fullmatch(key)) is not None:
        fields |= _sentinel1(match, role, "_GRD" in kind)
    if kind.startswith("S2") and (match := _S2_KEY.fullmatch(key)) is not None:
        fields |= _sentinel2(kind, match)
    return fields_from(fields)


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
