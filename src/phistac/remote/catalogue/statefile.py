"""A small JSON file that says how far somebody has come, and survives its process at any moment.

Beside it, while a run lasts, lies a journal: one line for each step done, written before the next step begins. Loading
reads both; saving writes the file anew, under another name first, and empties the journal.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError
from phistac.remote.budget.flock import lock

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["StateFile"]


class StateFile:
    """An open state file, ours alone while it is open.

    Parameters
    ----------
    path : path
        The JSON file; the journal has ``.journal`` at the end of its name.

    Raises
    ------
    ConfigurationError
        If another run has it open, or it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._journal_path = self.path.with_name(self.path.name + ".journal")
        self._journal = -1

    def __enter__(self) -> Self:
        try:
            self._journal = os.open(self._journal_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"the state {self.path} cannot be kept ({error.strerror})", remedy="Name a file in a folder of yours."
            ) from error
        if not lock(self._journal) or not self._is_there():
            self._close()
            raise ConfigurationError(f"another run uses the state {self.path}", remedy="Wait until it has ended.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not os.fstat(self._journal).st_size:
            self._journal_path.unlink()  # while the lock is held
        self._close()

    def load(self) -> tuple[Any, list[Any]]:
        """Return what was saved, ``None`` if nothing ever was, and the steps done since.

        Raises
        ------
        ConfigurationError
            If the file is not one of ours.
        """
        try:
            saved = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            saved = None
        except ValueError as error:
            raise ConfigurationError(f"the state {self.path} is not JSON", remedy="Give another file.") from error
        except OSError as error:
            raise ConfigurationError(
                f"the state {self.path} cannot be read ({error.strerror})", remedy="Name a file in a folder of yours."
            ) from error
        *whole, _torn = self._journal_path.read_bytes().split(b"\n")  # a line is done when it has its end
        return saved, [json.loads(line) for line in whole]

    def note(self, step: Any) -> None:
        """Add a step to the journal.

        Raises
        ------
        ConfigurationError
            If there is no room for it.
        """
        line = json.dumps(step, separators=(",", ":")).encode() + b"\n"
        before = os.fstat(self._journal).st_size
        if os.write(self._journal, line) < len(line):
            os.ftruncate(self._journal, before)
            raise ConfigurationError(f"there is no room for the state {self.path}", remedy="Make room, then go on.")

    def save(self, state: Any) -> None:
        """Write the file anew, whole or not at all, and empty the journal."""
        temporary = self.path.with_name(self.path.name + ".part")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(state, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        os.ftruncate(self._journal, 0)

    def _is_there(self) -> bool:
        """Whether the journal that we locked is the one with this name, and not one removed meanwhile."""
        try:
            named = self._journal_path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._journal))

    def _close(self) -> None:
        os.close(self._journal)
        self._journal = -1
