"""Keys in ``storage_options``: for the archive a label stands for them from the door on, before anything keeps them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phistac.reading.items import is_item
from phistac.reading.places import in_archive
from phistac.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["admitted"]


def admitted(place: Any, storage_options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return storage options in which a label stands for ``key`` and ``secret``, or ``username`` and ``password``.

    Parameters
    ----------
    place : pystac.Item, mapping, str or path
        What is to be opened. If it is not in the archive, its options are left alone: they are another filesystem's.
    storage_options : mapping, optional
        As given by the user; stays as it is.

    Raises
    ------
    ConfigurationError
        If half of a pair is missing.
    """
    if not storage_options or not _in_archive(place, storage_options):
        return storage_options
    from phistac.remote.account.credentials import admit  # noqa: PLC0415 - a local folder needs no network code

    rest = dict(storage_options)
    settings = resolve()
    account = admit(rest, replace(settings, account=str(rest.get("account", settings.account)))).account
    return rest if account == settings.account and "account" not in rest else {**rest, "account": account}


def _in_archive(place: Any, options: Mapping[str, Any]) -> bool:
    if options.get("endpoint_url") or (options.get("client_kwargs") or {}).get("endpoint_url"):
        return False
    if is_item(place):
        return True
    if not isinstance(place, str | os.PathLike):
        return False
    return in_archive(str(os.fspath(place)).rpartition("::")[2], settings=resolve())
