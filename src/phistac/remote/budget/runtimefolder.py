"""Where processes of one user on one machine meet: a folder that nobody else can reach."""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from pathlib import Path

from phistac.errors import ConfigurationError

__all__ = ["make_again", "open_shared", "runtime_folder"]


def runtime_folder(name: str) -> Path:
    """Return a folder for this user alone that lasts while the machine runs.

    Parameters
    ----------
    name : str
        One for each service and account.

    Raises
    ------
    ConfigurationError
        If the folder cannot be made, belongs to someone else or is open to others, as a shared temporary folder may
        make it.
    """
    base = _base()
    folder = base / name
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    for place in (base, folder):
        status = place.lstat()
        shared = os.name == "posix" and status.st_mode & 0o077
        if not stat.S_ISDIR(status.st_mode) or not _mine(status) or shared:
            raise ConfigurationError(
                f"the folder {place} is not this user's alone",
                remedy="Remove it, or let XDG_RUNTIME_DIR name a folder that only you can read.",
            )
    return folder


def open_shared(path: Path) -> int:
    """Open a file of the folder for reading and writing, and make it, and the folder, if they are not there.

    The folder of a session goes when the user logs out, and cleaners empty temporary ones, while a process lives on.

    Raises
    ------
    ConfigurationError
        If that cannot be done: an error of the system would read as if an object of the archive were not there.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_again(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        return os.open(path, flags, 0o600)
    except OSError as error:
        raise _unusable(path, error) from error


def make_again(folder: Path) -> None:
    """Make the folder if it has gone; raises ConfigurationError if that cannot be done."""
    try:
        if not folder.is_dir():
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path}, by which processes share the connections of an account, cannot be used ({error.strerror})",
        remedy="Let XDG_RUNTIME_DIR name a folder of yours that stays.",
    )


def _base() -> Path:
    """Return the session's runtime folder, or one of this user in the folder for temporary files."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and Path(given).is_dir():
        return Path(given) / "phistac"
    who = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"phistac-{who}"


def _mine(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()
