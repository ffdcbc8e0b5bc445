"""Where files of a download lie: ``out/<product>/<path>``, and never outside.

Names come from a server or an archive. What they may be is decided here, before anything is created.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.errors import UnsafePathError
from phistac.safe.paths import relative_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RECORDS", "product_name", "target"]

RECORDS = ".phistac"
"""The folder in ``out`` with what we write for ourselves; product folders hold what ESA published, and no more."""

_REMEDY = "The name is broken or hostile; the product is not used."


def product_name(root: str) -> str:
    """Return the folder's name for a product: the last part of its place in the bucket.

    Raises
    ------
    UnsafePathError
        If that cannot be the name of a folder of its own.

    Examples
    --------
    >>> product_name("eodata/Sentinel-3/OLCI/OL_1_EFR___/2023/03/11/S3B_X.SEN3")
    'S3B_X.SEN3'
    """
    name = root.rstrip("/").rpartition("/")[2]
    if not name or name.startswith((".", "~")) or "\\" in name or ":" in name or not name.isprintable():
        raise UnsafePathError(f"{root!r} does not end in a name for a folder", remedy=_REMEDY)
    return name


def target(out: Path, product: str, path: str) -> Path:
    """Return where one object of a product goes.

    Parameters
    ----------
    out : pathlib.Path
        The output folder.
    product : str
        From :func:`product_name`.
    path : str
        Relative to the product's root; empty where the product is a single object.

    Raises
    ------
    UnsafePathError
        If the path, or a symbolic link on the way, would leave the product's folder.
    """
    folder = out / product_name(product)
    if not path:
        return folder
    place = folder.joinpath(*relative_path(path).split("/"))
    if not place.parent.resolve().is_relative_to(out.resolve() / folder.name):
        raise UnsafePathError(f"{place} is behind a link that leaves {folder}", remedy="Remove the link.")
    return place
