"""What ``phistac login --file`` writes: plain text, for this user's eyes only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from phistac.remote.account.entries import FIELDS, not_ours, service
from phistac.remote.account.privatefile import read_private, write_private
from phistac.remote.account.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.settings import Settings

__all__ = ["FileWallet"]


class FileWallet:
    """``credentials.json`` in the user's configuration folder, or the file that ``PHISTAC_CREDENTIALS`` names."""

    def require(self) -> None:
        """Raise ConfigurationError if there is a file that is not ours alone."""
        self._load()

    @property
    def path(self) -> Path:
        """Where it is."""
        named = os.environ.get("PHISTAC_CREDENTIALS")
        return Path(named).expanduser() if named else platformdirs.user_config_path("phistac") / "credentials.json"

    @property
    def place(self) -> str:
        """What it is."""
        return str(self.path)

    def read(self, settings: Settings) -> dict[str, Secret]:
        """Return the entry of an account; empty if there is none.

        Raises
        ------
        ConfigurationError
            If others may read the file, or it is none of ours.
        """
        entry = self._load().get(service(settings), {}).get(settings.account, {})
        return {name: Secret(entry[name]) for name in FIELDS if entry.get(name)}

    def write(self, settings: Settings, entry: Mapping[str, str]) -> None:
        """Keep the entry of an account instead of what was there; the last one takes the file with it."""
        kept = self._load()
        accounts = kept.setdefault(service(settings), {})
        accounts.pop(settings.account, None)
        if entry:
            accounts[settings.account] = dict(entry)
        kept = {service: accounts for service, accounts in kept.items() if accounts}
        if kept:
            write_private(self.path, kept)
        else:
            self.path.unlink(missing_ok=True)

    def _load(self) -> dict[str, dict[str, dict[str, str]]]:
        content = read_private(self.path)
        if content is None:
            return {}
        if _ours(content):
            return content  # type: ignore[no-any-return]  # all its levels were looked at
        del content
        raise not_ours(self.place)


def _ours(content: Any) -> bool:
    levels: list[Any] = [content]
    for _ in range(3):
        if not all(isinstance(level, dict) for level in levels):
            return False
        levels = [inside for level in levels for inside in level.values()]
    return True
