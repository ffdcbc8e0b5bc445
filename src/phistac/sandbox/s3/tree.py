"""Keys and the files behind them; nothing outside the archive is ever served.

An archive may lead out of its own folder by symbolic links, which whoever built it made: a link that itself lies in
the archive is trusted and becomes an *anchor*. Below an anchor lies somebody else's folder: links found there are
followed only to places inside that folder, and only to files when listing (a loop of folders would never end).
Only regular files are objects: no device, no pipe.

Some folders of the real archive have a zero-byte object of their own, a *marker* (``folder/``), which no folder of
files can have: a file of the name :data:`MARKER` in a folder stands for it, and for nothing else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MARKER", "Entry", "locate", "walk"]

MARKER = ".directory-marker"
"""Name of the empty file that stands for a folder's marker."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object (with its file), or a common prefix (without)."""

    key: str
    path: Path | None


def locate(root: Path, key: str) -> Path | None:
    """Return the regular file behind a key, without links in its name; None if there is none.

    A key that ends in a slash is a marker's.
    """
    names = key.split("/")
    if names[-1] == MARKER:
        return None
    if names[-1] == "" and len(names) > 1:
        names[-1] = MARKER
    if "\0" in key or any(name in {"", ".", ".."} for name in names):
        return None
    path, anchor = root, None
    for name in names:
        path = path / name
        if anchor is None and path.is_symlink():
            path = anchor = Path(os.path.realpath(path))
    real = Path(os.path.realpath(path))
    if anchor is not None and not real.is_relative_to(anchor):
        return None
    return real if real.is_file() else None


def walk(root: Path, *, prefix: str = "", delimiter: str = "", after: str = "") -> Iterator[Entry]:
    """Yield objects and common prefixes in the order of their keys, those after ``after`` only.

    The delimiter is ``/`` or none. Folders that cannot matter are not entered. Python compares strings by code point,
    which is the order of UTF-8 that S3 lists in; a folder sorts as its name and a slash, since so do all keys below it.
    """
    yield from _walk(root, None, "", prefix, delimiter, after)


def _walk(folder: Path, anchor: Path | None, base: str, prefix: str, delimiter: str, after: str) -> Iterator[Entry]:
    for key, path, below in sorted(_children(folder, anchor, base), key=lambda child: child[0]):
        if path.name == MARKER or not key.endswith("/"):
            if key.startswith(prefix) and key > after:
                yield Entry(key, path)
            continue
        if not (key.startswith(prefix) or prefix.startswith(key)) or (key <= after and not after.startswith(key)):
            continue
        if delimiter and len(key) > len(prefix):
            # One object below is enough; S3 has no empty folders.
            if key != after and next(_walk(path, below, key, "", "", after), None) is not None:
                yield Entry(key, None)
            continue
        yield from _walk(path, below, key, prefix, delimiter, after)


def _children(folder: Path, anchor: Path | None, base: str) -> Iterator[tuple[str, Path, Path | None]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.isprintable():  # has no place in an XML answer
                continue
            path, below = Path(entry.path), anchor
            if entry.is_symlink():
                path = Path(os.path.realpath(path))
                if anchor is None:
                    below = path
                elif not path.is_relative_to(anchor) or path.is_dir():
                    continue
            if entry.is_dir():
                yield f"{base}{entry.name}/", path, below
            elif entry.name == MARKER:
                if base:
                    yield base, path, below
            elif entry.is_file():
                yield f"{base}{entry.name}", path, below
