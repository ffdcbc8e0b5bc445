"""What is alike in products of one kind: their files, less what differs from one product to the next.

A product has dozens of files, and a table has thousands of products. What an asset is called and what it is follows
from the kind of its product and from the shape of its path; worked out once, it serves all products alike.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from phistac.stac.asset_fields import Fields, fields_of, kind_of
from phistac.stac.manifest_assets import asset_key, plain_key

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Shape", "shape_reader"]

_FOLDERS = ("GRANULE", "DATASTRIP")
_TILE_AND_TIME = "T00AAA_00000000T000000_"
_TIMES_ORBIT_TAKE = len("-20240101t000000-20240101t000025-052000-064000")


class Shape(NamedTuple):
    """What follows from the shape of a path."""

    key: str | None
    """As in CDSE's own Items; ``None`` where those have no asset for it."""
    plain: str
    """The key otherwise."""
    fields: Fields


def shape_reader(name: str) -> Callable[[str], Shape]:
    """Return what tells the shape of a file of a product, given its path relative to the product's root.

    Parameters
    ----------
    name : str
        The product's, with extension.

    Examples
    --------
    >>> read = shape_reader("S1A_IW_GRDH_1SDV_20240101T000000_20240101T000025_052000_064000_ABCD.SAFE")
    >>> read("measurement/s1a-iw-grd-vh-20240101t000000-20240101t000025-052000-064000-002.tiff").key
    'vh'
    """
    kind, shape_of = kind_of(name), _SHAPES.get(name[:2], str)
    return lambda path: _read(kind, shape_of(path), "" if path else name)


def _scene(path: str) -> str:
    """Return a path of Sentinel-1 without times, orbit and datatake.

    >>> _scene("annotation/s1a-iw1-slc-vv-20240101t000000-20240101t000025-052000-064000-004.xml")
    'annotation/s1a-iw1-slc-vv-0-004.xml'
    """
    start = path.find("-20")
    if start < 0 or path[start + 16 : start + 19] != "-20" or path[start + 32 : start + 33] != "-":
        return path
    return f"{path[:start]}-0{path[start + _TIMES_ORBIT_TAKE :]}"


def _granule(path: str) -> str:
    """Return a path of Sentinel-2 without the names of granule and datastrip, with stand-ins for tile and time.

    >>> _granule("GRANULE/L2A_T13VEK_A034773_20220217T183428/IMG_DATA/R10m/T13VEK_20220217T183429_B02_10m.jp2")
    'GRANULE/0/IMG_DATA/R10m/T00AAA_00000000T000000_B02_10m.jp2'
    """
    if not path.startswith(_FOLDERS):
        return path
    folder, _, rest = path.partition("/")
    inside, _, file = rest.partition("/")[2].rpartition("/")
    if len(file) > len(_TILE_AND_TIME) and file[0] == "T" and file[6] == file[22] == "_" and file[7:15].isdigit():
        file = _TILE_AND_TIME + file[len(_TILE_AND_TIME) :]
    return f"{folder}/0/{inside}/{file}" if inside else f"{folder}/0/{file}"


_SHAPES: dict[str, Callable[[str], str]] = {"S1": _scene, "S2": _granule}


@lru_cache(maxsize=16_384)
def _read(kind: str, shape: str, name: str) -> Shape:
    key, plain = asset_key(name or kind, shape), plain_key(shape)
    return Shape(key, plain, fields_of(kind, key or plain, shape or name))
