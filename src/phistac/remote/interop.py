"""What tools need that read from S3 by themselves: GDAL's configuration, and options for s3fs and fsspec.

Both hold the account's keys, since these tools know nothing of our labels. So neither shows them, and neither travels:
a worker process calls the same function, or inherits the environment.

Such reads are outside the connection budget: GDAL and s3fs open their own connections. See ``docs/interop.md``.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from phistac.errors import ConfigurationError, MissingExtraError
from phistac.remote.account.credentials import s3_keys
from phistac.remote.account.secrets import Masked
from phistac.settings import Settings, resolve
from phistac.stac.product_place import object_path
from phistac.stac.tables import item_dicts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["GdalEnv", "StorageOptions", "gdal_env", "storage_options"]

_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})


class StorageOptions(Masked[Any]):
    """Options for :class:`s3fs.S3FileSystem`; see :func:`storage_options`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values, secret={"key", "secret"})


class GdalEnv(Masked[str]):
    """GDAL's configuration; see :func:`gdal_env`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values, secret=_KEYS)
        self._undo: list[dict[str, str | None]] = []

    def __enter__(self) -> Self:
        """Set the environment variables of this process; they are put back at the end of the block."""
        with _environment:
            self._undo.append({name: os.environ.get(name) for name in self})
            os.environ.update(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _environment:
            for name, before in self._undo.pop().items():
                if before is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = before

    def rasterio(self) -> Any:
        """Return a :class:`rasterio.Env` with this configuration, for this thread and a ``with`` block.

        ``rasterio.Env(**gdal_env())`` raises ``EnvError``: rasterio takes keys from a session only. This makes one,
        without boto3.

        Raises
        ------
        MissingExtraError
            If rasterio is not installed.
        """
        try:
            from rasterio import Env  # noqa: PLC0415 - no dependency of ours
            from rasterio.session import AWSSession  # noqa: PLC0415 - as above
        except ImportError as error:
            raise MissingExtraError("rasterio is not installed", remedy="pip install rasterio") from error
        session = AWSSession(session=_Session(self), aws_unsigned=False, endpoint_url=self["AWS_S3_ENDPOINT"])
        handled = {*_KEYS, "AWS_REGION", "AWS_S3_ENDPOINT"}
        return Env(session=session, **{name: value for name, value in self.items() if name not in handled})


_environment = threading.Lock()


class _Session:
    """As much of a boto3 session as rasterio asks for."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.region_name = env["AWS_REGION"]
        self._env = env

    def get_credentials(self) -> _Session:
        return self

    def get_frozen_credentials(self) -> _Session:
        return self

    @property
    def access_key(self) -> str:
        return self._env["AWS_ACCESS_KEY_ID"]

    @property
    def secret_key(self) -> str:
        return self._env["AWS_SECRET_ACCESS_KEY"]

    token = None


def gdal_env(settings: Settings | None = None) -> GdalEnv:
    """Return what GDAL must know to read ``/vsis3/eodata/…``: endpoint, keys, and habits that suit this archive.

    Parameters
    ----------
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    GdalEnv
        A read-only mapping of GDAL's configuration options, all text, whose ``repr`` shows no keys. It can be used in
        three ways: ``os.environ.update(gdal_env())``, for all threads of this process and the processes it starts
        (rasterio, odc-stac, stackstac, gdal's own programs); ``with gdal_env(): …``, the same until the end of the
        block; ``with gdal_env().rasterio(): …``, for rasterio in this thread.

    Raises
    ------
    CredentialsMissingError, CredentialsRejectedError
        If the account has no keys.

    Examples
    --------
    >>> gdal_env(Settings(account="me"))["AWS_S3_ENDPOINT"]  # doctest: +SKIP
    'eodata.dataspace.copernicus.eu'
    """
    settings = resolve(settings)
    keys = s3_keys(settings)
    address = urlsplit(settings.s3_url)
    return GdalEnv({
        "AWS_S3_ENDPOINT": address.netloc,  # without a scheme: GDAL puts AWS_HTTPS before it
        "AWS_HTTPS": "YES" if address.scheme == "https" else "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": str(keys.access_key),
        "AWS_SECRET_ACCESS_KEY": str(keys.secret_key),
        # What may be left from another account of the user, and would be sent along.
        "AWS_SESSION_TOKEN": "",
        "AWS_NO_SIGN_REQUEST": "NO",
        # Products are folders of a hundred objects: no listing, no search for side files at every open.
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        # 429, 5xx and broken connections, each time after twice as long.
        "GDAL_HTTP_MAX_RETRY": "6",
        "GDAL_HTTP_RETRY_DELAY": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": "10",
        # A limit on silence, not on the whole transfer.
        "GDAL_HTTP_LOW_SPEED_TIME": f"{settings.timeout_s:.0f}",
        "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
        "GDAL_HTTP_TCP_KEEPALIVE": "YES",
    })  # fmt: skip


def storage_options(item: Any = None, *, settings: Settings | None = None) -> StorageOptions:
    """Return the options with which s3fs, or fsspec on its behalf, reads the archive.

    Our own filesystem ``cdse://`` needs none of this, keeps to the connection budget and travels without secrets. Use
    these where a tool insists on ``s3://``.

    Parameters
    ----------
    item : pystac.Item, mapping or Settings, optional
        The Item whose assets are to be read: checked that they lie in the archive, since the keys go to the endpoint of
        the settings only, never to one that an Item names. Or the settings.
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    StorageOptions
        A read-only mapping for ``s3fs.S3FileSystem(**options)``, ``fsspec.open(href, **options)`` and
        ``storage_options=``. Its ``repr`` shows no keys.

    Raises
    ------
    ConfigurationError
        If the Item has no asset in the archive.
    QueryError
        If it is no Item.
    CredentialsMissingError, CredentialsRejectedError
        If the account has no keys.

    Examples
    --------
    >>> fs = s3fs.S3FileSystem(**storage_options(item))  # doctest: +SKIP
    """
    if isinstance(item, Settings):
        item, settings = None, item
    settings = resolve(settings)
    if item is not None:
        _require_in_archive(item_dicts([item])[0], settings)
    keys = s3_keys(settings)
    return StorageOptions(
        {
            "endpoint_url": settings.s3_url,
            "key": str(keys.access_key),  # plain: s3fs tells instances apart by how options look
            "secret": str(keys.secret_key),
            "client_kwargs": {"region_name": settings.region},
            "config_kwargs": {"s3": {"addressing_style": "path"}, "max_pool_connections": settings.connections},
        }
    )


def _require_in_archive(item: Mapping[str, Any], settings: Settings) -> None:
    if not any(object_path(str(asset.get("href", "")), settings.bucket) for asset in item["assets"].values()):
        raise ConfigurationError(
            f"the Item {str(item.get('id'))[:100]!r} has no asset in s3://{settings.bucket}",
            remedy="These keys are good for no other place; look at the hrefs of its assets.",
        )
