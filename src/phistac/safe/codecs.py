"""Decompression of TIFF blocks: from the bytes of a block to its numbers. The codecs are imagecodecs'.

A block's plain size is known before it is decoded, and no more than that is ever allocated, whatever the data says.
Predictor: TIFF revision 6.0, section 14, on words of one pixel, as libtiff does it (also for pairs of int16).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.lzw import is_sound

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMPRESSIONS", "Coding", "decode"]

COMPRESSIONS = {1: "none", 5: "LZW", 8: "DEFLATE", 32946: "DEFLATE", 50000: "ZSTD"}
"""TIFF's number of a compression -> what is read here."""


_LZW = 5


@dataclass(frozen=True, slots=True)
class Coding:
    """How the blocks of an image are coded.

    Attributes
    ----------
    compression : int
        A key of :data:`COMPRESSIONS`.
    predictor : int
        1 for none, 2 for differences along the line.
    byteorder : str
        ``<`` or ``>``.
    """

    compression: int = 1
    predictor: int = 1
    byteorder: str = "<"


def decode(
    data: bytes, coding: Coding, *, shape: tuple[int, int], code: str, numbers: int, name: str
) -> np.ndarray[Any, Any]:
    """Return the numbers of one block.

    Parameters
    ----------
    data : bytes
        As it lies in the file.
    coding : Coding
        How it was compressed.
    shape : tuple of int
        Lines and pixels of the block.
    code : str
        Type of a number, as numpy writes it: ``u2``.
    numbers : int
        How many of them make a pixel.
    name : str
        What to call the block in an error.

    Returns
    -------
    array, shape (lines, pixels * numbers)
        In the byte order of the file or of this machine.

    Raises
    ------
    FormatError
        If the data is corrupt, or does not fill the block.

    Examples
    --------
    >>> decode(bytes([5, 1, 1]), Coding(), shape=(1, 3), code="u1", numbers=1, name="block 0")
    array([[5, 1, 1]], dtype=uint8)
    """
    width = numbers * np.dtype(code).itemsize
    plain = _plain(data, coding.compression, shape[0] * shape[1] * width, name)
    if coding.compression == 1 or coding.predictor == 1:
        return plain.view(coding.byteorder + code).reshape(shape[0], shape[1] * numbers)
    words = plain.view(f"{coding.byteorder}u{width}").reshape(shape)
    total = np.cumsum(words, axis=1, dtype=f"u{width}")
    return total.view(code).reshape(shape[0], shape[1] * numbers)


def _plain(data: bytes, compression: int, size: int, name: str) -> np.ndarray[Any, Any]:
    import imagecodecs  # noqa: PLC0415 - not before the first block: most files have none

    codecs: dict[int, Callable[..., Any]] = {
        _LZW: imagecodecs.lzw_decode,
        8: imagecodecs.deflate_decode,
        32946: imagecodecs.deflate_decode,
        50000: imagecodecs.zstd_decode,
    }
    if compression == _LZW and not is_sound(data):
        raise FormatError(f"{name}: corrupt LZW data")
    if compression == 1:
        found: Any = np.frombuffer(data, np.uint8)
    else:
        try:
            found = codecs[compression](data, out=np.empty(size, np.uint8))
        except (RuntimeError, ValueError) as error:  # what imagecodecs raises for data that is broken
            raise FormatError(f"{name}: corrupt {COMPRESSIONS[compression]} data ({error})") from error
    if len(found) != size:
        raise FormatError(f"{name}: {len(found)} bytes where it has {size}")
    return np.asarray(found)
