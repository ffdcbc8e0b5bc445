"""The catalogue of an archive: rows collected while products are made or found, then written as JSON lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phistac.sandbox.archive.rows import product_row

if TYPE_CHECKING:
    from pathlib import Path

    from phistac.sandbox.archive.rows import Record

__all__ = ["Catalogue", "local_path"]


def local_path(root: Path, s3_path: str) -> Path:
    """Return where the object store keeps what the catalogue calls ``/eodata/...``."""
    return root / "s3" / s3_path.lstrip("/")


@dataclass(slots=True)
class Catalogue:
    """Rows of the four files below ``ROOT/catalogue``."""

    products: list[dict[str, Any]] = field(default_factory=list)
    bursts: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    quicklooks: list[dict[str, str]] = field(default_factory=list)

    def add(self, record: Record, root: Path, quicklook: str = "") -> dict[str, Any]:
        """Add a product, with the path of its quicklook inside the product's folder if it has one."""
        row = product_row(record)
        self.products.append(row)
        if quicklook:
            path = (local_path(root, record.s3_path) / quicklook).relative_to(root)
            self.quicklooks.append({"Id": record.asset_id, "Path": path.as_posix()})
        return row

    def write(self, root: Path) -> None:
        """Write the four files; the folder ``catalogue`` is made."""
        folder = root / "catalogue"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("products", "bursts", "deleted", "quicklooks"):
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in getattr(self, name))
            (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
