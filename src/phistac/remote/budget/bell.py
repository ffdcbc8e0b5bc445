"""A bell between processes: who waits listens, who gives something back rings.

A named pipe in the user's runtime folder. Whoever waits holds it open for reading, so whoever rings knows whether
anybody waits at all: without a reader a pipe cannot be opened for writing. A process that dies stops listening, however
it dies. One ring wakes one listener; it can be lost with the one who heard it, so listeners look for themselves too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import weakref
from typing import TYPE_CHECKING

from phistac.remote.budget.runtimefolder import make_again

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

__all__ = ["Bell", "Ear"]


class Bell:
    """A named pipe; without such (Windows) nobody listens and nobody rings.

    Parameters
    ----------
    path : Path
        Is made at the first listening.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def listen(self) -> Ear | None:
        """Begin to listen; close what is returned at the end."""
        if not hasattr(os, "mkfifo"):
            return None
        make_again(self._path.parent)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self._path, 0o600)
        return Ear(self._path)

    def awaited(self) -> bool:
        """Whether anybody listens."""
        fd = self._mouth()
        if fd is not None:
            os.close(fd)
        return fd is not None

    def ring(self) -> None:
        """Wake one of those who listen."""
        fd = self._mouth()
        if fd is None:
            return
        try:
            os.write(fd, b"!")
        except (BlockingIOError, BrokenPipeError):
            pass  # thousands of rings that nobody has answered yet are enough; or who listened has just left
        finally:
            os.close(fd)

    def _mouth(self) -> int | None:
        """Open the pipe for writing if it has a reader."""
        try:
            return os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ENXIO:
                return None
            raise


class Ear:
    """The pipe of a bell, open for reading.

    Parameters
    ----------
    path : Path
        The pipe.
    """

    def __init__(self, path: Path) -> None:
        # For writing as well: a pipe that has lost its last writer would be at its end, and always ready.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        if not stat.S_ISFIFO(os.fstat(self._fd).st_mode):
            os.close(self._fd)
            raise FileExistsError(errno.EEXIST, "not a pipe", str(path))
        self._close = weakref.finalize(self, os.close, self._fd)
        _OPEN.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """Return the descriptor that is readable when the bell has rung."""
        return self._fd

    def heard(self) -> bool:
        """Whether the bell has rung for us; each ring is heard by one."""
        try:
            return bool(os.read(self._fd, 1))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        self._close()


_OPEN: weakref.WeakSet[Ear] = weakref.WeakSet()


def _forget_all() -> None:
    """Stop listening in a forked child: it is the parent who waits."""
    for inherited in list(_OPEN):
        inherited.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
