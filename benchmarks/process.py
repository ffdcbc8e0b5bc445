"""Run a client: one small program of ``clients``, in the environment of its tool, for one request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ClientError", "beside", "call"]

_CLIENTS = Path(__file__).parent / "clients"
_FOREIGN = ("AWS_", "EODAG", "GDAL_", "CPL_", "VSI_")


class ClientError(Exception):
    """A client did not finish; its text says why, in one line."""


def call(python, client, request, *, home, timeout_s=600.0):
    """Run a client once, from a cold start, and return its answer.

    Parameters
    ----------
    python : path
        The interpreter of the tool's environment.
    client : str
        Name of the program.
    request : dict
        Its keywords, secrets among them: they go through a pipe, never through the command line.
    home : path
        A folder that is the user's home to the tool.
    timeout_s : float
        After which it counts as not finished.

    Raises
    ------
    ClientError
        If it failed or did not finish.
    """
    if not Path(python).is_file():
        raise ClientError("not installed")
    Path(home).mkdir(parents=True, exist_ok=True)
    program = [str(python), str(_CLIENTS / f"{client}.py")]
    with subprocess.Popen(
        program, env=_environment(home), cwd=home, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            out, complaints = process.communicate(json.dumps(request), timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)  # and what it has started itself
            raise ClientError(f"not finished after {timeout_s:.0f} s") from error
    if process.returncode:
        raise ClientError(_last_line(complaints) or f"exit code {process.returncode}")
    return json.loads(out)


@contextmanager
def beside(python, client, request, *, home):
    """Run a client for as long as a ``with`` block lasts; it and what it has started are killed at the end."""
    Path(home).mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [str(python), str(_CLIENTS / f"{client}.py")], env=_environment(home), cwd=home, text=True,
        start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            with process.stdin as stream:
                json.dump(request, stream)
            yield
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _environment(home):
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_FOREIGN)}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "PYTHONWARNINGS": "ignore"}


def _last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""
