"""Where a product is: a URL, a folder or a zip, normalized once to something that pickles and holds no secret."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import fsspec

from phistac.errors import ConfigurationError, PhistacWarning
from phistac.reading.places import CDSE, settled, without_manifest, zip_head
from phistac.remote.files.filesystem import filesystem
from phistac.remote.files.webfiles import careful
from phistac.remote.files.zipdirectory import ZippedProduct, read_directory
from phistac.remote.files.zipped import ZippedFileSystem
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["Source", "locate_product"]

_SECRET_OPTIONS = ("secret", "password", "token", "key", "credential", "passwd", "auth", "sig")


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

    def __copy__(self) -> Source:
        """Return itself: nothing here changes."""
        return self

    def __deepcopy__(self, memo: object) -> Source:
        """Return itself; a copy within the process may hold what must not leave it."""
        return self

    def __getstate__(self) -> tuple[str, Settings, dict[str, Any], ZippedProduct | None]:
        """Refuse to travel with secrets: tasks and graphs go to other machines, and into logs."""
        names = _names(self.options) + _names_in(self.url)
        found = {name for name in names if any(part in name.lower() for part in _SECRET_OPTIONS)}
        if found:
            raise ConfigurationError(
                f"storage_options or an address with {', '.join(sorted(found))} do not leave this process",
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


def _names_in(url: str) -> list[str]:
    """Return the names of what an address carries beside the place: of its query, and a password."""
    parts = urlsplit(url.rpartition("::")[2])
    return [name for name, _ in parse_qsl(parts.query)] + (["password"] if parts.password else [])


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
    inner, url = zip_head(os.fspath(place))
    url, settings, options = settled(url, settings, options)
    if inner is None and not (url.lower().endswith(".zip") and not Path(url).is_dir()):
        return Source(url, settings, options)
    product = read_directory(*_opened(url, settings, options), inner=without_manifest(inner or ""))
    if product.deflated:
        warnings.warn(
            f"{len(product.deflated)} large files are compressed in {url}: each read of one inflates it from its start."
            " Unpack the zip to read parts of them fast.",
            PhistacWarning,
            stacklevel=2,
        )
    return Source(f"zip://{product.root}::{url}", settings, options, product)


def _opened(url: str, settings: Settings, options: Mapping[str, Any]) -> tuple[AbstractFileSystem, str]:
    if url.startswith(CDSE):
        return filesystem(settings), url.removeprefix(CDSE)
    given = {**options, "cdse": asdict(settings)} if f"::{CDSE}" in url else options
    fs, root = fsspec.url_to_fs(url, **given)
    return careful(fs), str(root).rstrip("/")
