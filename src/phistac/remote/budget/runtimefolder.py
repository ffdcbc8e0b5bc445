"""Where processes of one user on one machine meet: a folder that nobody else can reach."""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from pathlib import Path

from phistac.errors import ConfigurationError

__all__ = ["runtime_folder"]


def runtime_folder(name: str) -> Path:
    """Return a folder for this user alone that lasts while the machine runs.

    Parameters
    ----------
    name : str
        One for each service and account.

    Raises
    ------
    ConfigurationError
        If the folder belongs to someone else or is open to others, as a shared temporary folder may make it.
    """
    base = _base()
    folder = base / name
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in (base, folder):
        status = place.lstat()
        shared = os.name == "posix" and status.st_mode & 0o077
        if not stat.S_ISDIR(status.st_mode) or not _mine(status) or shared:
            raise ConfigurationError(
                f"the folder {place} is not this user's alone",
                remedy="Remove it, or let XDG_RUNTIME_DIR name a folder that only you can read.",
            )
    return folder


def _base() -> Path:
    """Return the session's runtime folder, or one of this user in the folder for temporary files."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and Path(given).is_dir():
        return Path(given) / "phistac"
    who = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"phistac-{who}"


def _mine(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()
