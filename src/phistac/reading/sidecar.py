"""The sidecar: what was learnt about objects of the archive, kept on this machine so that it is not read again.

One file for each object: a line of JSON (whose object, its ETag and size, checksum of what follows) and the kept bytes,
compressed. It holds neither keys nor account. It is a cache and no more: what is missing, damaged or of another format
is read from the archive again, what cannot be written is not kept, and the folder may be removed at any time.

An entry says which *version* of an object it knows (ETag and size). Whoever reads by it sends that ETag along, so that
an object that was replaced meanwhile answers with an error, and then forgets the entry.

The folder is the user's cache folder (``~/.cache/phistac/sidecar`` on Linux, or below ``XDG_CACHE_HOME``);
``PHISTAC_SIDECAR`` names another, or turns it off with ``off``. It keeps the newest 512 MB; that is some 5,000
annotations.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Entry", "Sidecar"]

_log = logging.getLogger(__name__)
_FORMAT = 1
_LONGEST_HEAD = 8192
_MOST_BYTES = 512_000_000
_MOST_UNPACKED = 64_000_000
"""Bytes of one entry: more is not kept, and not unpacked either."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one version of one object.

    Attributes
    ----------
    address : str
        Endpoint, bucket and key of the object.
    etag : str
        Of the version, without quotes.
    size : int or None
        Bytes of the object, where they are known.
    data : bytes
        What is kept: the object itself, if it is small; or an index of it; or nothing, where its ETag is all.
    """

    address: str
    etag: str
    size: int | None
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Kept entries.

    Attributes
    ----------
    folder : Path or None
        Where; ``None`` keeps nothing.
    most_bytes : int
        What is kept at most; the entries not used for longest go first.
    """

    folder: Path | None
    most_bytes: int = _MOST_BYTES

    @classmethod
    def of_user(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the sidecar of this user on this machine, as ``PHISTAC_SIDECAR`` says."""
        stated = (os.environ if environ is None else environ).get("PHISTAC_SIDECAR", "")
        if stated.lower() == "off":
            return cls(None)
        return cls(Path(stated).expanduser() if stated else platformdirs.user_cache_path("phistac") / "sidecar")

    def find(self, address: str) -> Entry | None:
        """Return what is kept of an object, or ``None``; a damaged entry is as good as none."""
        path = self._path(address)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                head, packed = file.readline(_LONGEST_HEAD), file.read()
            entry = _unpacked(head, packed)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as problem:
            _log.info("the entry %s of the sidecar is not used: %s", path.name, problem)
            return None
        if entry.address != address:
            return None
        with suppress(OSError):  # when it was used last is good to know, not more
            os.utime(path)
        return entry

    def keep(self, entries: Iterable[Entry]) -> None:
        """Keep entries; each appears whole or not at all, whoever else writes the same."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for entry in entries:
                if len(entry.data) <= _MOST_UNPACKED:
                    self._write(entry)
            self._trim()
        except OSError as problem:
            _log.info("the sidecar %s cannot be written: %s", self.folder, problem)

    def forget(self, addresses: Iterable[str]) -> None:
        """Remove what is kept of objects."""
        for address in addresses:
            path = self._path(address)
            if path is not None:
                with suppress(OSError):
                    path.unlink()

    def _path(self, address: str) -> Path | None:
        name = hashlib.sha256(address.encode()).hexdigest()
        return None if self.folder is None else self.folder / f"{name}.entry"

    def _write(self, entry: Entry) -> None:
        path = self._path(entry.address)
        if path is None:
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_packed(entry))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _trim(self) -> None:
        """Remove the entries not used for longest until a tenth of the room is free."""
        if self.folder is None:
            return
        found = []
        with os.scandir(self.folder) as listing:
            for each in listing:
                with suppress(FileNotFoundError):  # another process was faster
                    known = each.stat(follow_symlinks=False)
                    found.append((known.st_mtime, known.st_size, each.path))
        total = sum(size for _, size, _ in found)
        if total <= self.most_bytes:
            return
        for _, size, path in sorted(found):
            Path(path).unlink(missing_ok=True)
            total -= size
            if total <= 0.9 * self.most_bytes:
                return


def _packed(entry: Entry) -> bytes:
    packed = zlib.compress(entry.data)
    known = {"format": _FORMAT, "address": entry.address, "etag": entry.etag, "size": entry.size}
    return json.dumps(known | {"sha256": _digest(known, packed)}).encode() + b"\n" + packed


def _unpacked(head: bytes, packed: bytes) -> Entry:
    known = json.loads(head)
    if known.pop("sha256") != _digest(known, packed) or known.pop("format") != _FORMAT:
        raise ValueError("damaged, or of another format")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(packed, _MOST_UNPACKED)
    if not unpacker.eof:
        raise ValueError("longer than anything kept here")
    return Entry(**known, data=data)


def _digest(known: Mapping[str, object], packed: bytes) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode() + packed).hexdigest()
