"""Is this file the object that the plan means? Hashes while bytes pass by, and comparison with what is promised.

The manifest promises size and checksum (MD5, or SHA3-256 for newer Sentinel-2). What it does not list (its own text,
``support/*.xsd``, reports) has the size of the listing and an ETag, which is the MD5 unless it has a dash.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from phistac.remote.files.objects import ProductObject

__all__ = ["Check", "digest_of_file"]

_MD5 = re.compile(r"[0-9a-f]{32}")
_BLOCK = 1 << 20


class Check:
    """A running hash beside what it must become.

    Parameters
    ----------
    expected : ProductObject
        Size, checksum, ETag.
    """

    def __init__(self, expected: ProductObject) -> None:
        self._promised, self.algorithm, self.verified = _promise(expected)
        self._size = expected.size
        self.restart()

    def restart(self) -> None:
        """Forget what has passed by."""
        self._hash = hashlib.new(self.algorithm, usedforsecurity=False)
        self.seen = 0

    def update(self, chunk: bytes) -> None:
        """Let the next bytes pass by."""
        self._hash.update(chunk)
        self.seen += len(chunk)

    @property
    def digest(self) -> str:
        """Of what has passed by, in hexadecimal."""
        return self._hash.hexdigest()

    @property
    def promised(self) -> str | None:
        """What the digest must be; None where nobody says."""
        return self._promised

    def passes(self) -> bool:
        """Whether size and digest are as promised."""
        return self.seen == self._size and (self._promised is None or self.digest == self._promised)


def digest_of_file(path: Path, expected: ProductObject) -> Check | None:
    """Return the passed check of a file that is there already, or None if it is absent or another."""
    try:
        if path.stat().st_size != expected.size:
            return None
        check = Check(expected)
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                check.update(block)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    return check if check.passes() else None


def _promise(expected: ProductObject) -> tuple[str | None, str, Literal["manifest", "etag", "size"]]:
    if expected.checksum and expected.algorithm:
        return expected.checksum.lower(), expected.algorithm, "manifest"
    etag = (expected.etag or "").strip('"').lower()
    return (etag, "md5", "etag") if _MD5.fullmatch(etag) else (None, "md5", "size")
