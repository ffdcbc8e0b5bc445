"""One burst as a product of its own: the files of a small SAFE, made while they are sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from phistac.sandbox.odata.bursttiff import HEADER_SIZE, header
from phistac.sandbox.odata.burstxml import cut_annotation, cut_manifest, shift_lines
from phistac.sandbox.odata.errors import not_found
from phistac.sandbox.odata.trees import object_path
from phistac.sandbox.odata.zipstream import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["entries"]

_CHUNK = 1 << 18
_NO_MD5 = "0" * 32


def entries(root: Path, burst: Mapping[str, Any]) -> list[Entry]:
    """Return the files of a burst's SAFE: annotation, calibration, noise, measurement, and the manifest last.

    Parameters
    ----------
    root : Path
        The archive.
    burst : mapping
        A row of Bursts.

    Raises
    ------
    RefusalError
        404 if the archive has the record of the burst but not its samples.
    FormatError
        If the annotation has no such burst.
    """
    measurement = object_path(root, burst["S3Path"])
    start, length = burst["ByteOffset"], 4 * burst["SamplesPerBurst"] * burst["LinesPerBurst"]
    if measurement is None or measurement.stat().st_size < start + length:
        raise not_found("Product not found in catalogue")
    safe = f"{burst['Name']}.SAFE"
    texts = _annotations(measurement, burst)
    hashes = {path: (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest()) for path, data in texts.items()}
    image = _Image(measurement, burst, start, length)
    parent_manifest = measurement.parent.parent / "manifest.safe"
    name = f"measurement/{measurement.name}"
    found = [_entry(f"{safe}/{path}", data) for path, data in texts.items()]
    found.append(Entry(f"{safe}/{name}", HEADER_SIZE + length, image.chunks))
    if parent_manifest.is_file():
        manifest = parent_manifest.read_bytes()

        def render() -> bytes:
            return cut_manifest(manifest, {**hashes, name: (HEADER_SIZE + length, image.md5)})

        # All MD5 are as long as this one, so the length is known before the image was read.
        found.append(Entry(f"{safe}/manifest.safe", len(render()), lambda: iter([render()])))
    return found


def _annotations(measurement: Path, burst: Mapping[str, Any]) -> dict[str, bytes]:
    folder, stem = measurement.parent.parent, measurement.stem
    first, lines = burst["Lines"], burst["LinesPerBurst"]
    found = {}
    path = f"annotation/{stem}.xml"
    if (folder / path).is_file():
        found[path] = cut_annotation((folder / path).read_bytes(), first=first, lines=lines)
    for kind in ("calibration", "noise"):
        path = f"annotation/calibration/{kind}-{stem}.xml"
        if (folder / path).is_file():
            found[path] = shift_lines((folder / path).read_bytes(), first)
    return found


def _entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), lambda: iter([data]))


class _Image:
    """The measurement of one burst, hashed while it is read."""

    def __init__(self, path: Path, burst: Mapping[str, Any], start: int, length: int) -> None:
        self._path = path
        self._start = start
        self._length = length
        self._size = {"samples": burst["SamplesPerBurst"], "lines": burst["LinesPerBurst"]}
        self.md5 = _NO_MD5

    def chunks(self) -> Iterator[bytes]:
        digest = hashlib.md5(usedforsecurity=False)
        with self._path.open("rb") as file:
            order = file.read(2)
            head = header(**self._size, order=order if order == b"MM" else b"II")
            digest.update(head)
            yield head
            file.seek(self._start)
            left = self._length
            while left and (chunk := file.read(min(_CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
                yield chunk
        self.md5 = digest.hexdigest()
