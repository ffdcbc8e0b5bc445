"""A TIFF of one burst: a header, then the burst's samples as they lie in the measurement file."""

from __future__ import annotations

import struct

__all__ = ["HEADER_SIZE", "header"]

HEADER_SIZE = 148
_LONG, _SHORT = 4, 3


def header(*, samples: int, lines: int, order: bytes = b"II") -> bytes:
    """Return the header of a complex 16-bit integer image in one strip, :data:`HEADER_SIZE` bytes long.

    Parameters
    ----------
    samples, lines : int
        Width and height in pixels.
    order : bytes
        ``II`` or ``MM``: the byte order of the samples that follow.
    """
    end = "<" if order == b"II" else ">"
    tags = (
        (256, _LONG, samples),
        (257, _LONG, lines),
        (258, _SHORT, 32),  # bits of a sample: two 16-bit integers
        (259, _SHORT, 1),  # not compressed
        (262, _SHORT, 1),
        (273, _LONG, HEADER_SIZE),  # where the strip begins
        (277, _SHORT, 1),
        (278, _LONG, lines),
        (279, _LONG, 4 * samples * lines),
        (284, _SHORT, 1),
        (339, _SHORT, 5),  # complex integers
    )
    text = order + struct.pack(f"{end}HIH", 42, 8, len(tags))
    for tag, kind, value in tags:
        packed = struct.pack(f"{end}I", value) if kind == _LONG else struct.pack(f"{end}HH", value, 0)
        text += struct.pack(f"{end}HHI", tag, kind, 1) + packed
    return (text + struct.pack(f"{end}I", 0)).ljust(HEADER_SIZE, b"\0")
