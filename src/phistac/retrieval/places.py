"""Where files of a download lie: ``out/<product>/<path>``, and never outside.

Names come from a server or an archive. What they may be is decided here, before anything is created.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError, TransferError, UnsafePathError
from phistac.retrieval.disk import disk_errors
from phistac.safe.paths import relative_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RECORDS", "label", "make_folder", "product_name", "require_folder", "target"]

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


def label(root: str) -> str:
    """Return what to call a product in reports: its folder's name, or its place if that gives none."""
    try:
        return product_name(root)
    except UnsafePathError:
        return root


def require_folder(out: Path) -> None:
    """Make sure that the output folder, and ours in it, are folders or can become folders.

    Raises
    ------
    ConfigurationError
        If something else is there.
    TransferError
        If it cannot be looked at.
    """
    with disk_errors(out):
        try:
            out.resolve()
        except RuntimeError as error:
            raise ConfigurationError(f"{out} is a link in a circle", remedy="Name another folder.") from error
        remedies = {
            out: "Name a folder, which need not exist yet.",
            out / RECORDS: "Rename it: the receipts of downloads go to a folder of this name.",
        }
        for folder, remedy in remedies.items():
            if (folder.is_symlink() or folder.exists()) and not folder.is_dir():
                raise ConfigurationError(f"{folder} is a file, or a link to none", remedy=remedy)


def make_folder(out: Path) -> None:
    """Make the output folder, and ours in it.

    Raises
    ------
    TransferError
        If nothing can be written there: said once, not by every object.
    """
    records = out / RECORDS
    with disk_errors(records):
        records.mkdir(parents=True, exist_ok=True)
        for folder in (out, records):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise TransferError(f"{folder} cannot be written", remedy="Name a folder that you may write to.")


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
    try:
        inside = place.parent.resolve().is_relative_to(out.resolve() / folder.name)
    except RuntimeError as error:  # what Python before 3.13 says of links in a circle
        raise UnsafePathError(f"{place} is behind a link in a circle", remedy="Remove the link.") from error
    if not inside:
        raise UnsafePathError(f"{place} is behind a link that leaves {folder}", remedy="Remove the link.")
    return place
