"""Where products lie on disk: the objects of the S3 server are plain files below ``s3``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["files_of", "inside", "object_path"]


def inside(folder: Path, relative: str) -> Path | None:
    """Return a path below a folder, or None if the name would leave it.

    Links that lie in the archive are followed: whoever made the archive may link to large products.
    """
    path = Path(os.path.normpath(folder / relative))
    return path if path.is_relative_to(os.path.normpath(folder)) else None


def object_path(root: Path, s3_path: str) -> Path | None:
    """Return the file or folder of an ``/eodata/...`` S3Path, or None if it is not in the archive."""
    path = inside(root / "s3", s3_path.lstrip("/"))
    return path if path is not None and path.exists() else None


def files_of(product: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file of a product with its name in an archive, the product's own name first; sorted."""
    if product.is_file():
        yield product.name, product
        return
    found = [Path(folder, name) for folder, _, names in os.walk(product, followlinks=True) for name in names]
    for path in sorted(found):
        yield f"{product.name}/{path.relative_to(product).as_posix()}", path
