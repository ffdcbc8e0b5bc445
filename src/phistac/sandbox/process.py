"""The server process behind a handle: started, waited for, and never left behind.

The options go through the child's standard input, so no secret stands in a process list; the child ends when that
pipe closes, so it dies with its parent however the parent dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, TYPE_CHECKING, Any

from phistac.errors import ConfigurationError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ServerProcess"]

_GRACE_S = 10.0
_TAIL_BYTES = 4000


class ServerProcess:
    """One ``python -m phistac.sandbox --from-stdin``, ready to answer.

    Parameters
    ----------
    options : mapping
        What the child reads as JSON from its standard input.
    progress : callable, optional
        Is told, line by line, what the child is doing before it is ready.
    timeout_s : float
        How long the child may take until it is ready.

    Raises
    ------
    ServiceError
        If the child ends or stays silent before it is ready; the message has the end of its error output.
    """

    def __init__(
        self, options: Mapping[str, Any], *, progress: Callable[[str], None] | None = None, timeout_s: float = 600.0
    ) -> None:
        # A file, not a pipe: nobody has to read it for the child to go on.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child; stop() closes it
        self._child = subprocess.Popen(
            [sys.executable, "-m", "phistac.sandbox", "--from-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is meant for the program, or a notebook's cell, not for its server
        )
        self._finalizer = weakref.finalize(self, _end, self._child, self._errors)
        try:
            self.ready = self._wait(json.dumps(options), progress, timeout_s)
        except BaseException:
            self._finalizer()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def stop(self) -> None:
        """End the child: politely, then not. A second call does nothing."""
        self._finalizer()

    def error_tail(self) -> str:
        """Return the end of what the child wrote to its standard error, to be put behind a message."""
        if self._errors.closed:
            return ""
        # pread: the file's position is the child's, too, and must stay where it writes.
        size = os.fstat(self._errors.fileno()).st_size
        start = max(0, size - _TAIL_BYTES)
        text = os.pread(self._errors.fileno(), _TAIL_BYTES, start).decode(errors="replace").strip()
        return f"; the end of what it said:\n{text}" if text else ""

    def _wait(self, options: str, progress: Callable[[str], None] | None, timeout_s: float) -> dict[str, Any]:
        guard = threading.Timer(timeout_s, self._child.kill)
        guard.daemon = True
        guard.start()
        try:
            return self._read_until_ready(options, progress)
        finally:
            guard.cancel()

    def _read_until_ready(self, options: str, progress: Callable[[str], None] | None) -> dict[str, Any]:
        stdin, stdout = self._child.stdin, self._child.stdout
        if stdin is None or stdout is None:  # Popen was asked for both
            raise ServiceError("the sandbox process has no pipes")
        with contextlib.suppress(BrokenPipeError):  # it is dead already; reading finds out why
            stdin.write(options.encode() + b"\n")
            stdin.flush()
        for line in stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "ready":
                return event
            if event["event"] == "failed":
                raise ConfigurationError(event["text"], remedy=event["remedy"])
            if progress is not None:
                progress(str(event["text"]))
        code = self._child.wait()
        raise ServiceError(f"the sandbox did not start (exit code {code}){self.error_tail()}")


def _end(child: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()  # the child takes this as the word to stop
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
    errors.close()
