"""The budgets of this process, one for each account at each service.

This is the one place where the package keeps state for the whole process: a limit that the service puts on an account
cannot be kept by objects that do not know of each other.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phistac.remote.account.given import named_account
from phistac.remote.budget.budget import ConnectionBudget
from phistac.remote.budget.clusterpace import ClusterPace
from phistac.remote.budget.clusterslots import ClusterSlots
from phistac.remote.budget.pace import Pace
from phistac.remote.budget.runtimefolder import runtime_folder
from phistac.remote.budget.slots import FileSlots
from phistac.remote.budget.throttle import Throttle
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["budget_for"]

_budgets: dict[tuple[Path, int, int], ConnectionBudget] = {}
_lock = threading.Lock()


def budget_for(settings: Settings | None = None) -> ConnectionBudget:
    """Return the budget of an account, the same one for everyone in this process.

    Parameters
    ----------
    settings : Settings, optional
        Its ``s3_url``, ``account``, ``connections`` and ``requests_per_minute`` count.
    """
    settings = resolve(settings)
    name = account_name(settings)
    folder = runtime_folder(name)
    key = (folder, settings.connections, settings.requests_per_minute)
    with _lock:
        if key not in _budgets:
            slots = ClusterSlots(FileSlots(folder, settings.connections), name, settings.connections)
            per_minute = settings.requests_per_minute
            pace = ClusterPace(Pace(per_minute, path=folder / "pace"), name, per_minute)
            throttle = Throttle(settings.connections, path=folder / "throttle")
            _budgets[key] = ConnectionBudget(slots, pace, throttle)
        return _budgets[key]


def account_name(settings: Settings) -> str:
    """Return a name for the account at its service that can be a folder's; keys handed over spend its quota, too.

    Examples
    --------
    >>> account_name(Settings(account="me"))
    'eodata.dataspace.copernicus.eu-me'
    """
    host = urlsplit(settings.s3_url).netloc.lower().rpartition("@")[2]
    return f"{host.replace(':', '_').replace('[', '').replace(']', '')}-{named_account(settings.account)}"


def _forget() -> None:
    """Start afresh in a forked child: its sockets and requests will be its own."""
    global _lock  # noqa: PLW0603 - the parent's lock may be held by a thread that does not exist here
    _lock = threading.Lock()
    _budgets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
