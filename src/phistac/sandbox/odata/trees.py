"""Where products lie on disk: the objects of the S3 server are plain files below ``s3``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["files_of", "inside", "object_path"]


def inside(folder: Path, relative: str) -> Path | None:
    """Return a path below a folder, or None if it would leave it."""
    path = (folder / relative).resolve()
    return path if path.is_relative_to(folder.resolve()) else None


def object_path(root: Path, s3_path: str) -> Path | None:
    """Return the file or folder of an ``/eodata/...`` S3Path, or None if it is not in the archive."""
    path = inside(root / "s3", s3_path.lstrip("/"))
    return path if path is not None and path.exists() else None


def files_of(product: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file of a product with its name in an archive, the product's own name first; sorted."""
    if product.is_file():
        yield product.name, product
        return
    for path in sorted(product.rglob("*")):
        if path.is_file():
            yield f"{product.name}/{path.relative_to(product).as_posix()}", path
