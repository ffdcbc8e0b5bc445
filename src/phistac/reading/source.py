"""Where a product is: an Item, a URL or a folder, normalized once to something that pickles and holds no secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fsspec

from phistac.errors import ConfigurationError
from phistac.safe.manifest import MANIFEST_NAMES
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["Source", "locate_product"]

_SECRET_OPTIONS = ("secret", "password", "token", "key", "credential", "passwd", "auth")


@dataclass(frozen=True, slots=True)
class Source:
    """The root of a product.

    Attributes
    ----------
    url : str
        ``cdse://eodata/…/X.SAFE``, an absolute local path, or any fsspec URL; without a slash at the end.
    settings : Settings
        In force when the product was opened: worker processes may have none of their own.
    options : mapping
        fsspec's ``storage_options``, for filesystems other than ours.
    """

    url: str
    settings: Settings
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The last part of the URL: the product's name, most often."""
        return self.url.rpartition("/")[2]

    def filesystem(self) -> tuple[AbstractFileSystem, str]:
        """Return the filesystem and the root's path on it."""
        if self.url.startswith("cdse://"):
            from phistac.remote.filesystem import filesystem  # noqa: PLC0415 - a local folder needs no network code

            return filesystem(self.settings), self.url.removeprefix("cdse://")
        fs, root = fsspec.url_to_fs(self.url, **self.options)
        return fs, str(root).rstrip("/")

    def __getstate__(self) -> tuple[str, Settings, dict[str, Any]]:
        """Refuse to travel with secrets: tasks and graphs go to other machines, and into logs."""
        found = [name for name in _names(self.options) if any(part in name.lower() for part in _SECRET_OPTIONS)]
        if found:
            raise ConfigurationError(
                f"storage_options with {', '.join(sorted(found))} do not leave this process",
                remedy="Keep secrets where each worker finds them: its environment, or a profile that it names.",
            )
        return self.url, self.settings, dict(self.options)

    def __setstate__(self, state: tuple[str, Settings, dict[str, Any]]) -> None:
        for name, value in zip(("url", "settings", "options"), state, strict=True):
            object.__setattr__(self, name, value)

    def __dask_tokenize__(self) -> object:
        """Name the place; secrets take no part in it."""
        return type(self).__qualname__, self.url, self.settings.s3_url, self.settings.account


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
        Folder or manifest: ``cdse://eodata/…``, ``s3://eodata/…`` (this is CDSE unless ``storage_options`` names an
        endpoint), ``/eodata/…`` (CDSE unless such a folder exists here), any fsspec URL, or a local path.
    storage_options : mapping, optional
        For fsspec; ``account`` names the account to use at CDSE.
    settings : Settings, optional
        Instead of those in force.

    Returns
    -------
    Source
        Not yet looked at: nothing was opened.

    Raises
    ------
    ConfigurationError
        If ``storage_options`` make no sense there.

    Examples
    --------
    >>> locate_product("s3://eodata/Sentinel-1/SAR/X.SAFE/manifest.safe").url
    'cdse://eodata/Sentinel-1/SAR/X.SAFE'
    """
    settings, options = resolve(settings), dict(storage_options or {})
    url = os.fspath(place).rstrip("/")
    head, _, last = url.rpartition("/")
    if last in MANIFEST_NAMES:
        url = head
    path = _in_bucket(url, settings, options)
    if path is None:
        local = "://" not in url and "::" not in url
        return Source(str(Path(url).expanduser().absolute()) if local else url, settings, options)
    return Source(f"cdse://{path}", _for_account(settings, options))


def _in_bucket(url: str, settings: Settings, options: Mapping[str, Any]) -> str | None:
    """Return ``bucket/key`` if this is a place at CDSE, else ``None``."""
    elsewhere = bool(options.get("endpoint_url") or (options.get("client_kwargs") or {}).get("endpoint_url"))
    parts = urlsplit(url)
    if parts.scheme == "cdse" or (parts.scheme == "s3" and parts.netloc == settings.bucket and not elsewhere):
        return f"{parts.netloc}{parts.path}"
    if url.startswith(f"/{settings.bucket}/") and not Path(url).exists():
        return url[1:]
    return None


def _for_account(settings: Settings, options: Mapping[str, Any]) -> Settings:
    from phistac.remote.credentials import admit  # noqa: PLC0415 - as above

    rest = dict(options)
    settings = replace(settings, account=str(rest.pop("account", settings.account)))
    settings = admit(rest, settings)
    if rest:
        raise ConfigurationError(
            f"storage_options {', '.join(sorted(rest))} mean nothing for CDSE",
            remedy="Use the option 'account', and key and secret, or none.",
        )
    return settings
