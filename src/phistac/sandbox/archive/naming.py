"""Names, identifiers and places: how products are called and where the object store keeps them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["crc16", "identifier", "s1_folder", "s3_path"]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sandbox.phistac")
_TABLE = []
for _byte in range(256):
    _value = _byte << 8
    for _ in range(8):
        _value = ((_value << 1) ^ 0x1021 if _value & 0x8000 else _value << 1) & 0xFFFF
    _TABLE.append(_value)


def crc16(data: bytes) -> str:
    """Return the CRC-16/CCITT-FALSE of ``data`` as four capital hexadecimal digits.

    The last four characters of a Sentinel-1 product name are this, taken over ``manifest.safe`` (18 of 18 ESA
    products agree).

    Examples
    --------
    >>> crc16(b"123456789")
    '29B1'
    """
    value = 0xFFFF
    for byte in data:
        value = ((value << 8) & 0xFFFF) ^ _TABLE[(value >> 8) ^ byte]
    return f"{value:04X}"


def identifier(*parts: str) -> str:
    """Return the UUID that belongs to these parts: the same every time (version 5)."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def s1_folder(product_type: str) -> str:
    """Return the part of the path between ``Sentinel-1`` and the date, in today's layout."""
    return f"AUX/{product_type}" if product_type.startswith("AUX_") else f"SAR/{product_type}"


def s3_path(mission: str, folder: str, moment: datetime, name: str) -> str:
    """Return the S3Path of a product: ``/eodata/<mission>/<folder>/<year>/<month>/<day>/<name>``."""
    return f"/eodata/{mission}/{folder}/{moment:%Y/%m/%d}/{name}"
