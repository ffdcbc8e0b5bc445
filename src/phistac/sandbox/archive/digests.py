"""Files of a product as its manifest lists them: written once, measured once, sizes and checksums true."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Entry", "digest", "put"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a product."""

    path: str
    """Relative to the product's folder."""
    size: int
    checksum: str
    kind: str
    """What a manifest calls its role: ``repID`` (S1), identifier (S2, S3)."""
    mime_type: str = "text/xml"
    text: str = ""


def digest(path: Path, algorithm: str) -> str:
    """Return the checksum of a file as hexadecimal digits; holes of sparse files count as the zeros they read as."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def put(
    folder: Path,
    path: str,
    data: bytes,
    kind: str,
    *,
    algorithm: str = "md5",
    mime_type: str = "text/xml",
    text: str = "",
) -> Entry:
    """Write one file below ``folder`` and return its entry."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return Entry(path, len(data), hashlib.new(algorithm, data).hexdigest(), kind, mime_type, text)
