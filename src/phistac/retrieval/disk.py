"""Files that are whole or not there: flushed to the disk, then renamed; and what a disk says when it cannot."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from phistac.errors import DiskFullError, PhistacError, TransferError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["PART_SUFFIX", "disk_errors", "publish", "write_whole"]

PART_SUFFIX = ".part"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def publish(file: BinaryIO, temporary: Path, target: Path) -> None:
    """Flush to the disk, rename, and flush the folder, so that the name survives a power cut as well."""
    file.flush()
    os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_whole(target: Path, data: bytes) -> None:
    """Write a small file, whole or not at all."""
    temporary = target.with_name(f".{target.name}.{uuid4().hex[:8]}{PART_SUFFIX}")
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            try:
                file.write(data)
                publish(file, temporary, target)
            finally:
                temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn what the operating system says about writing here into errors of ours."""
    try:
        yield
    except PhistacError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"there is no room left for {target}",
                remedy="Make room and run it again: what has arrived stays, the rest is fetched.",
            ) from error
        raise TransferError(f"{target} cannot be written: {error.strerror or error}") from error
