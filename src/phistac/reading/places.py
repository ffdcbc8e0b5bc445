"""The spellings of a place, each turned into one: what is the archive, what is a zip, what is here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from phistac.remote.files.addresses import archive_path, is_download
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.safe.manifest import MANIFEST_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["CDSE", "in_archive", "settled", "without_manifest", "zip_head"]

CDSE = "cdse://"


def zip_head(url: str) -> tuple[str | None, str]:
    """Return the folder in a zip and the zip's own place; None for what names no folder in a zip."""
    head, chained, rest = url.partition("::")
    if not chained or not (head == "zip" or head.startswith("zip://")):
        return None, url
    return head.removeprefix("zip").removeprefix("://"), rest


def settled(url: str, settings: Settings, options: dict[str, Any]) -> tuple[str, Settings, dict[str, Any]]:
    """Return the canonical URL, and settings and options for it."""
    chain, _, last = url.rpartition("::")
    protocol = last.partition("://")[0]
    options.pop("zip", None)
    if protocol in options and not chain:
        options.update(options.pop(protocol))
    named = options.get(protocol, {}) if chain else options
    path = _in_archive(last, settings, named)
    if path is not None:
        options = {name: value for name, value in options.items() if name != protocol} if chain else {}
        settings = CdseFileSystem(settings, **named).settings  # keys stay in this process, a label goes on
        last = f"{CDSE}{path}"
    url = without_manifest(f"{chain}::{last}" if chain else last)
    local = "://" not in url and "::" not in url
    return (str(Path(url).expanduser().absolute()) if local else url), settings, options


def without_manifest(url: str) -> str:
    """Return the product's root where its manifest was named."""
    head, _, last = url.rstrip("/").rpartition("/")
    return head if last in MANIFEST_NAMES else url.rstrip("/")


def in_archive(url: str, *, settings: Settings) -> bool:
    """Say whether an address is one of the archive: nothing else is asked or opened."""
    scheme, _, path = url.partition("://")
    if scheme == "s3":
        return path.partition("/")[0] == settings.bucket
    if scheme in ("http", "https"):
        return is_download(url, settings=settings)
    return scheme == "cdse" or (url.startswith(f"/{settings.bucket}/") and not Path(url).exists())


def _in_archive(url: str, settings: Settings, options: Mapping[str, Any]) -> str | None:
    """Return bucket and key if this is a place at CDSE, else None."""
    elsewhere = options.get("endpoint_url") or (options.get("client_kwargs") or {}).get("endpoint_url")
    if not in_archive(url, settings=settings) or (elsewhere and url.startswith("s3://")):
        return None
    if url.startswith("http"):
        return archive_path(url, settings=settings)
    return url.rpartition("://")[2].strip("/")
