"""Spellings of a place in the archive, and how listings become entries: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SCHEMES", "directory", "entry", "page_entries", "parents", "strip"]

SCHEMES = ("cdse://", "s3://", "cdse::", "s3::")


def strip(path: str) -> str:
    """Return bucket and key of any spelling: ``cdse://``, ``s3://``, an ``S3Path`` of the catalogue, or plain.

    Examples
    --------
    >>> strip("cdse://eodata/Sentinel-1/x.SAFE/"), strip("/eodata/Sentinel-1/x.SAFE"), strip("s3://eodata")
    ('eodata/Sentinel-1/x.SAFE', 'eodata/Sentinel-1/x.SAFE', 'eodata')
    """
    for scheme in SCHEMES:
        path = path.removeprefix(scheme)
    if path.startswith(("https://", "http://")):
        return path  # an address of the service, perhaps: whoever can ask the catalogue will say
    if "://" in path:
        raise ConfigurationError(
            f"{path!r} is not a place in the archive", remedy="It looks like cdse://eodata/Sentinel-2/…"
        )
    return path.strip("/")


def entry(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of an object from what a listing or a head says; its ETag as the server spells it, quoted."""
    size = found["Size"] if "Size" in found else found["ContentLength"]
    return {
        "name": name,
        "size": int(size),
        "type": "file",
        "ETag": found.get("ETag"),
        "LastModified": found.get("LastModified"),
    }


def directory(name: str) -> dict[str, Any]:
    """Return the entry of a prefix."""
    return {"name": name, "size": 0, "type": "directory"}


def page_entries(bucket: str, page: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield the entries of one page of a listing, without the markers (``dir/``) that stand for directories."""
    for prefix in page.get("CommonPrefixes") or ():
        yield directory(f"{bucket}/{prefix['Prefix'].rstrip('/')}")
    for found in page.get("Contents") or ():
        if not found["Key"].endswith("/"):
            yield entry(f"{bucket}/{found['Key']}", found)


def parents(name: str, path: str) -> list[str]:
    """Return the directories on the way from ``path`` (left out) to an object or a marker.

    Examples
    --------
    >>> parents("b/x/y/z.tiff", "b/x"), parents("b/x/y/", "b")
    (['b/x/y'], ['b/x', 'b/x/y'])
    """
    parts = name[len(path) :].split("/")[1:-1]
    return ["/".join([path, *parts[: i + 1]]) for i in range(len(parts))]
