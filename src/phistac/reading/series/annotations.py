"""The annotations of all dates: out of the sidecar, or as one batch from the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.reading.sidecar import Entry, Sidecar
from phistac.remote.files.filesystem import filesystem
from phistac.remote.files.wholes import fetch_wholes
from phistac.safe.sentinel1 import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.settings import Settings

__all__ = ["Annotation", "address", "keep", "read_annotations"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation, and which version of it this is.

    Attributes
    ----------
    document : Document
        Not yet parsed.
    entry : Entry
        What the sidecar keeps of it.
    kept : bool
        Whether it came out of the sidecar: then the archive may have another one by now.
    """

    document: Document
    entry: Entry
    kept: bool


def read_annotations(settings: Settings, paths: Sequence[str], sidecar: Sidecar) -> list[Annotation]:
    """Return annotations, those that are not kept as one batch of requests.

    Parameters
    ----------
    settings : Settings
        Which archive.
    paths : sequence of str
        Below the bucket.
    sidecar : Sidecar
        Where to look first. Nothing is put into it: see :func:`keep`.
    """
    entries = {path: sidecar.find(address(settings, path)) for path in paths}
    missing = [path for path in dict.fromkeys(paths) if entries[path] is None]
    wholes = fetch_wholes(filesystem(settings), [f"{settings.bucket}/{path}" for path in missing])
    fresh = {
        path: Entry(address(settings, path), whole.etag or "", len(whole.data), whole.data)
        for path, whole in zip(missing, wholes, strict=True)
    }
    return [
        Annotation(Document(entry.data, path), entry, kept=True)
        if (entry := entries[path]) is not None
        else Annotation(Document(fresh[path].data, path), fresh[path], kept=False)
        for path in paths
    ]


def keep(sidecar: Sidecar, annotations: Sequence[Annotation]) -> None:
    """Keep what was read and made sense of; without an ETag, a change could not be noticed."""
    sidecar.keep([each.entry for each in annotations if not each.kept and each.entry.etag])


def address(settings: Settings, path: str) -> str:
    """Return what an object is called in the sidecar."""
    return f"{settings.s3_url}/{settings.bucket}/{path}"
