"""Small JSON files that only their owner may read."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_private", "write_private"]


def read_private(path: Path) -> Any:
    """Return what a file holds; None if it is not there or holds no JSON.

    Raises
    ------
    ConfigurationError
        If others may read it, or we may not.
    """
    try:
        with path.open(encoding="utf-8") as file:
            shared = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
            text = "" if shared else file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the file {path} cannot be read ({type(error).__name__})") from None
    if shared:
        raise ConfigurationError(f"others may read the file {path}", remedy=f"chmod 600 '{path}'")
    try:
        return json.loads(text)
    except ValueError:
        return None


def write_private(path: Path, content: Any) -> None:
    """Write a file, whole or not at all, that its owner alone may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
