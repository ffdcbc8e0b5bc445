"""Everything that the catalogue's port serves, as a list of Starlette routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.odata import changes, downloads, extras, listing, login, nodes, ondemand
from phistac.sandbox.odata.service import CATALOGUE, DOWNLOAD, Service
from phistac.sandbox.odata.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.routing import BaseRoute

    from phistac.sandbox.accounts import Accounts
    from phistac.sandbox.config import SandboxConfig

__all__ = ["routes"]


def routes(
    root: Path,
    accounts: Accounts,
    config: SandboxConfig,  # noqa: ARG001 - quotas and lifetimes are applied by the layers around and by accounts
    *,
    store: Store | None = None,
) -> list[BaseRoute]:
    """Return the routes of the catalogue, of downloads, of tokens and of S3 keys.

    Parameters
    ----------
    root : Path
        The archive: ``catalogue/*.jsonl`` and the files under ``s3/eodata``.
    accounts : Accounts
        Who may log in.
    config : SandboxConfig
        The sandbox's options.
    store : Store, optional
        An open catalogue; by default that of ``root``, open until the process ends.

    Raises
    ------
    FormatError
        If a record of the archive cannot be used.
    """
    service = Service(root, Store(root / "catalogue") if store is None else store, accounts)
    return [
        *ondemand.routes(service),
        *downloads.routes(service),
        *nodes.routes(service),
        *listing.routes(service),
        *extras.routes(service),
        *login.routes(service),
        *changes.routes(service),
        *(extras.catch_all(prefix) for prefix in (CATALOGUE, DOWNLOAD, ondemand.PROCESSOR)),
    ]
