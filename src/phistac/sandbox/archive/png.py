"""Quicklooks: eight-bit gray or RGB images as PNG, with nothing but zlib."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["encode"]


def encode(image: NDArray[np.uint8]) -> bytes:
    """Return ``image``, of shape ``(rows, columns)`` or ``(rows, columns, 3)``, as a PNG file."""
    rows, columns = image.shape[:2]
    flat = image.reshape(rows, -1)
    scanlines = np.hstack([np.zeros((rows, 1), np.uint8), flat]).tobytes()  # filter type 0 in front of every row
    color = 2 if image.ndim == 3 else 0
    head = struct.pack(">IIBBBBB", columns, rows, 8, color, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(scanlines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
