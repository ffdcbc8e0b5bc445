"""Where a product is: a URL, a folder or a zip, normalized once to something that pickles and holds no secret."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec

from phistac.errors import ConfigurationError, PhistacWarning
from phistac.remote.addresses import archive_path, is_download
from phistac.remote.filesystem import CdseFileSystem, filesystem
from phistac.remote.webfiles import careful
from phistac.remote.zipdirectory import ZippedProduct, read_directory
from phistac.remote.zipped import ZippedFileSystem
from phistac.safe.manifest import MANIFEST_NAMES
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["Source", "in_archive", "locate_product"]

_SECRET_OPTIONS = ("secret", "password", "token", "key", "credential", "passwd", "auth")
_CDSE = "cdse://"


@dataclass(frozen=True, slots=True)
class Source:
    """The root of a product.

    Attributes
    ----------
    url : str
        ``cdse://eodata/…/X.SAFE``, an absolute local path, any fsspec URL, or ``zip://X.SAFE::`` and where the zip is;
        without a slash at the end.
    settings : Settings
        In force when the product was opened: worker processes may have none of their own.
    options : mapping
        fsspec's ``storage_options``, for filesystems other than ours.
    zipped : ZippedProduct or None
        What the zip has of it.
    """

    url: str
    settings: Settings
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    zipped: ZippedProduct | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The last part of the URL, or of the path in a zip: the product's name, most often."""
        head, _, rest = self.url.partition("::")
        if self.zipped is None:
            return self.url.rpartition("/")[2]
        return head.rpartition("/")[2] or rest.rpartition("/")[2].removesuffix(".zip")

    def filesystem(self) -> tuple[AbstractFileSystem, str]:
        """Return the filesystem and the root's path on it."""
        if self.zipped is None:
            return _opened(self.url, self.settings, self.options)
        outer, path = _opened(self.url.partition("::")[2], self.settings, self.options)
        return ZippedFileSystem(outer, path, self.zipped), ""

    def __getstate__(self) -> tuple[str, Settings, dict[str, Any], ZippedProduct | None]:
        """Refuse to travel with secrets: tasks and graphs go to other machines, and into logs."""
        found = [name for name in _names(self.options) if any(part in name.lower() for part in _SECRET_OPTIONS)]
        if found:
            raise ConfigurationError(
                f"storage_options with {', '.join(sorted(found))} do not leave this process",
                remedy="Keep secrets where each worker finds them: its environment, or a profile that it names.",
            )
        return self.url, self.settings, dict(self.options), self.zipped

    def __setstate__(self, state: tuple[str, Settings, dict[str, Any], ZippedProduct | None]) -> None:
        for name, value in zip(("url", "settings", "options", "zipped"), state, strict=True):
            object.__setattr__(self, name, value)

    def __dask_tokenize__(self) -> object:
        """Name the place; secrets take no part in it."""
        version = None if self.zipped is None else self.zipped.version
        return type(self).__qualname__, self.url, self.settings.s3_url, self.settings.account, version


def _names(options: Mapping[str, Any]) -> list[str]:
    nested = [name for value in options.values() if isinstance(value, Mapping) for name in _names(value)]
    return [str(name) for name in options] + nested


def locate_product(
    place: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None, settings: Settings | None = None
) -> Source:
    """Return where a product is.

    Parameters
    ----------
    place : str or path
        Folder, manifest or zip: ``cdse://eodata/…``, ``s3://eodata/…`` (this is CDSE unless ``storage_options`` names
        an endpoint), ``/eodata/…`` (CDSE unless such a folder exists here), a download or ``Nodes`` address of the
        service, any fsspec URL, chained ones too (``simplecache::…``, ``zip://X.SAFE::…``), or a local path.
    storage_options : mapping, optional
        For fsspec; at CDSE ``account`` and the other settings, or keys; below the protocol's name in chains.
    settings : Settings, optional
        Instead of those in force.

    Returns
    -------
    Source
        Nothing of the product was read, except the directory of a zip; the catalogue was asked only where a download
        address is.

    Raises
    ------
    ConfigurationError
        If ``storage_options`` make no sense there, or a zip has several products.
    NotFoundError
        If the catalogue has no such product, or there is no such zip.
    FormatError
        If a zip cannot be read.

    Examples
    --------
    >>> locate_product("s3://eodata/Sentinel-1/SAR/X.SAFE/manifest.safe").url
    'cdse://eodata/Sentinel-1/SAR/X.SAFE'
    """
    settings, options = resolve(settings), dict(storage_options or {})
    inner, url = _zip_head(os.fspath(place))
    url, settings, options = _settled(url, settings, options)
    if inner is None and not (url.lower().endswith(".zip") and not Path(url).is_dir()):
        return Source(url, settings, options)
    product = read_directory(*_opened(url, settings, options), inner=_without_manifest(inner or ""))
    if product.deflated:
        warnings.warn(
            f"{len(product.deflated)} large files are compressed in {url}: each read of one inflates it from its start."
            " Unpack the zip to read parts of them fast.",
            PhistacWarning,
            stacklevel=2,
        )
    return Source(f"zip://{product.root}::{url}", settings, options, product)


def _zip_head(url: str) -> tuple[str | None, str]:
    """Return the folder in a zip and the zip's own place; None for what names no folder in a zip."""
    head, chained, rest = url.partition("::")
    if not chained or not (head == "zip" or head.startswith("zip://")):
        return None, url
    return head.removeprefix("zip").removeprefix("://"), rest


def _settled(url: str, settings: Settings, options: dict[str, Any]) -> tuple[str, Settings, dict[str, Any]]:
    """Return the canonical URL, and settings and options for it."""
    chain, _, last = url.rpartition("::")
    protocol = last.partition("://")[0]
    options.pop("zip", None)
    if protocol in options and not chain:
        options = {**options, **options.pop(protocol)}
    named = options.get(protocol, {}) if chain else options
    path = _in_archive(last, settings, named)
    if path is not None:
        options = {name: value for name, value in options.items() if name != protocol} if chain else {}
        settings = CdseFileSystem(settings, **named).settings  # keys stay in this process, a label goes on
        last = f"{_CDSE}{path}"
    url = _without_manifest(f"{chain}::{last}" if chain else last)
    local = "://" not in url and "::" not in url
    return (str(Path(url).expanduser().absolute()) if local else url), settings, options


def _without_manifest(url: str) -> str:
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


def _opened(url: str, settings: Settings, options: Mapping[str, Any]) -> tuple[AbstractFileSystem, str]:
    if url.startswith(_CDSE):
        return filesystem(settings), url.removeprefix(_CDSE)
    given = {**options, "cdse": asdict(settings)} if f"::{_CDSE}" in url else options
    fs, root = fsspec.url_to_fs(url, **given)
    return careful(fs), str(root).rstrip("/")
