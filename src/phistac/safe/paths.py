"""Paths inside a product: relative, forward slashes, never out of the product.

A manifest is written by a server, and its paths become keys of requests and names of files. What could leave the
product's folder is refused here, before anyone joins it to anything.
"""

from __future__ import annotations

from phistac.errors import UnsafePathError

__all__ = ["relative_path"]


def relative_path(href: str) -> str:
    r"""Return a manifest's ``href`` as a path relative to the product's root.

    Parameters
    ----------
    href : str
        As in ``<fileLocation href="./measurement/x.tiff"/>``.

    Returns
    -------
    str
        Such as ``measurement/x.tiff``.

    Raises
    ------
    UnsafePathError
        If it is empty, absolute, has a drive, a scheme, a backslash, a control character or a ``..`` part.

    Examples
    --------
    >>> relative_path("./measurement/x.tiff")
    'measurement/x.tiff'
    """
    remedy = "The manifest is broken or hostile; the product is not used."
    if not href.isprintable() or "\\" in href or ":" in href:
        raise UnsafePathError(f"{href!r} is not a path inside a product", remedy=remedy)
    parts = [part for part in href.split("/") if part != "."]
    if href.startswith("/") or not parts or any(part in ("", "..") for part in parts):
        raise UnsafePathError(f"{href!r} is not a path inside a product", remedy=remedy)
    return "/".join(parts)
