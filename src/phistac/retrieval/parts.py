"""Files on their way: a unique temporary name beside the target, a lock while written, an atomic rename at the end.

A part belongs to whoever holds its lock. When its writer dies, the lock goes with it, and the next attempt on the same
object adopts what is there instead of fetching it again. Parts of other versions of the object are cleared away. So two
writers can never write one file, and what stands under a final name is always whole.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from phistac.errors import ChangedObjectError, ServiceError
from phistac.retrieval.checks import Check
from phistac.retrieval.disk import PART_SUFFIX, publish
from phistac.retrieval.locks import abandoned, is_still, lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from phistac.remote.files.objects import ProductObject

__all__ = ["Part", "Stopped", "adoptable", "clear", "part"]

_BLOCK = 1 << 20
_NAME = re.compile(rf"\.(?P<name>.+)\.(?P<version>[0-9a-f]{{16}})\.[0-9a-f]{{8}}{re.escape(PART_SUFFIX)}", re.DOTALL)


class Stopped(Exception):  # noqa: N818 - not an error: the job ends early, and what has arrived stays for the next run
    """Raised between two chunks when the whole job is to end; never leaves this room."""


class Part:
    """A file that is being written, and the hash of what is in it.

    Parameters
    ----------
    path : pathlib.Path
        The temporary name.
    file : file object
        Open for reading and writing, locked.
    check : Check
        Of the bytes in the file so far.
    """

    def __init__(self, path: Path, file: BinaryIO, check: Check) -> None:
        self.path = path
        self.check = check
        self._file = file

    def write(self, chunk: bytes) -> None:
        """Append."""
        self._file.write(chunk)
        self.check.update(chunk)

    def restart(self) -> None:
        """Throw everything away that has been written."""
        self._file.seek(0)
        self._file.truncate()
        self.check.restart()

    def publish(self, target: Path) -> None:
        """Bring the file to the disk and under its final name."""
        publish(self._file, self.path, target)


@contextmanager
def part(target: Path, expected: ProductObject) -> Iterator[Part]:
    """Open the part of an object: one left behind by an earlier attempt, or a new one.

    At the end of the block it is gone, under whatever name, unless it was published or the way it ended lets the next
    attempt continue it (the network failed, the job was stopped) and a checksum will tell whether that went well.

    Parameters
    ----------
    target : pathlib.Path
        The final name.
    expected : ProductObject
        Its version (ETag, checksum, size) decides which parts may be adopted.

    Yields
    ------
    Part
    """
    check = Check(expected)
    target.parent.mkdir(parents=True, exist_ok=True)
    keep = False
    path, file = _adopt(target, expected, check) or _create(target, expected)
    try:
        yield Part(path, file, check)
    except BaseException as error:
        keep = check.promised is not None and check.seen > 0 and _worth_keeping(error)
        raise
    finally:
        if not keep:
            path.unlink(missing_ok=True)
        _close(file, quietly=not keep)


def adoptable(wanted: Iterable[tuple[Path, ProductObject]]) -> int:
    """Return how many bytes of these objects, by their final names, have arrived in parts that may be continued."""
    folders: dict[Path, dict[tuple[str, str], int]] = {}
    for target, expected in wanted:
        if Check(expected).promised is not None:
            folders.setdefault(target.parent, {})[target.name, _version(expected)] = expected.size
    total = 0
    for folder, sizes in folders.items():
        for path, name, version in _parts(folder):
            if (name, version) not in sizes or (file := abandoned(path)) is None:
                continue
            with file:
                size = os.fstat(file.fileno()).st_size
            if size <= sizes[name, version]:
                del sizes[name, version]  # one of them is continued, the others are cleared away
                total += size
    return total


def clear(targets: Iterable[Path]) -> None:
    """Remove the parts, of whatever version, of files that are whole; those that another one writes stay."""
    folders: dict[Path, set[str]] = {}
    for target in targets:
        folders.setdefault(target.parent, set()).add(target.name)
    for folder, names in folders.items():
        for path, name, _ in _parts(folder):
            if name in names and (file := abandoned(path)) is not None:
                with file, suppress(OSError):  # a folder that cannot be changed keeps them; the product is whole
                    path.unlink(missing_ok=True)


def _version(expected: ProductObject) -> str:
    text = f"{(expected.etag or '').strip(chr(34))} {expected.checksum} {expected.size}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _parts(folder: Path) -> list[tuple[Path, str, str]]:
    """Return the parts in a folder: each with the name and the version of its object."""
    try:
        found = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    matches = (_NAME.fullmatch(name) for name in found)
    return [(folder / match[0], match["name"], match["version"]) for match in matches if match]


def _create(target: Path, expected: ProductObject) -> tuple[Path, BinaryIO]:
    """Make a new part. Until it is locked, another process may take it for abandoned: then it is theirs."""
    while True:
        path = target.with_name(f".{target.name}.{_version(expected)}.{uuid4().hex[:8]}{PART_SUFFIX}")
        file = path.open("x+b")
        try:
            if lock(file) != "held" and is_still(path, file):
                return path, file
        except BaseException:
            path.unlink(missing_ok=True)
            file.close()
            raise
        file.close()


def _adopt(target: Path, expected: ProductObject, check: Check) -> tuple[Path, BinaryIO] | None:
    """Take over a part that nobody writes; clear away those that are of no use any more."""
    adopted = None
    for path, name, version in _parts(target.parent):
        if name != target.name or (file := abandoned(path)) is None:
            continue
        usable = adopted is None and version == _version(expected) and check.promised is not None
        if usable and os.fstat(file.fileno()).st_size <= expected.size:
            while block := file.read(_BLOCK):
                check.update(block)
            adopted = path, file
        else:
            path.unlink(missing_ok=True)
            file.close()
    return adopted


def _worth_keeping(error: BaseException) -> bool:
    if isinstance(error, ServiceError):
        return not isinstance(error, ChangedObjectError)
    return isinstance(error, Stopped) or not isinstance(error, Exception)


def _close(file: BinaryIO, *, quietly: bool) -> None:
    try:
        file.close()
    except OSError:  # a full disk says so once more when the buffer of a file is flushed that is gone already
        if not quietly:
            raise
