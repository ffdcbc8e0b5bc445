"""``python -m phistac.sandbox``: the service on this machine, until it is stopped.

Progress goes to standard error; then standard output gets the variables that lead another shell's phistac here, as
lines to paste or source. ``--from-stdin`` is how :class:`~phistac.sandbox.Sandbox` starts it: options, secrets among
them, come as one line of JSON, events go back as JSON, one a line, and the process ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError, PhistacError
from phistac.sandbox.bars import Bars
from phistac.sandbox.config import AS_STRICT_SAYS, SandboxConfig
from phistac.sandbox.environment import environment, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["add_arguments", "main", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the sandbox."""
    default = SandboxConfig()
    option = parser.add_argument
    option("--data", type=Path, help="serve the records and products in this folder (default: make an archive)")
    option("--complete-measurements", action="store_true", help="make the Sentinel-1 TIFFs that --data lacks, sparse")
    option("--root", type=Path, help="keep the archive here and use it again (default: a temporary folder)")
    option("--seed", type=int, default=default.seed, help="of the archive that is made")
    option("--size", choices=("small", "full", "modes"), default=default.size, help="of that archive")
    option("--port", type=int, default=18080, help="of the catalogue, tokens and keys; 0 for a free one")
    option("--s3-port", type=int, default=18081, help="of the objects; 0 for a free one")
    option("--strict", action=argparse.BooleanOptionalAction, default=True, help="all quotas of CDSE, or none")
    option("--count", choices=("sockets", "requests", "both"), default=default.count, help="what a connection is")
    option(
        "--over-limit", choices=("429", "503", "403", "refuse"), default=default.over_limit, help="the answer beyond"
    )
    option("--connections", type=int, default=AS_STRICT_SAYS, help="at once, per account; 0 for any number")
    option("--rate", type=float, default=AS_STRICT_SAYS, help="bytes per second per connection; 0 for any")
    option("--latency", type=float, default=AS_STRICT_SAYS, help="seconds to the first byte")
    option("--requests-per-minute", type=int, default=AS_STRICT_SAYS, help="on S3, per account; 0 for any number")
    option("--token-lifetime", type=float, default=default.token_lifetime_s, help="seconds")
    option("--username", default=default.username, help="who may log in")
    option("--from-stdin", action="store_true", help=argparse.SUPPRESS)


def run(namespace: argparse.Namespace) -> int:
    """Serve as the parsed options say, until interrupted.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    PhistacError
        If the sandbox cannot be started.
    """
    if namespace.from_stdin:
        return _run_child()
    config = SandboxConfig(
        catalogue_port=namespace.port,
        s3_port=namespace.s3_port,
        strict=namespace.strict,
        count=namespace.count,
        over_limit=namespace.over_limit,
        connections=namespace.connections,
        rate=namespace.rate,
        latency_s=namespace.latency,
        requests_per_minute=namespace.requests_per_minute,
        token_lifetime_s=namespace.token_lifetime,
        username=namespace.username,
        data=namespace.data,
        complete_measurements=namespace.complete_measurements,
        seed=namespace.seed,
        size=namespace.size,
    )
    with contextlib.ExitStack() as folders:
        root = namespace.root or Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="phistac-sandbox-")))
        bars = folders.enter_context(Bars(_write_line))
        _serve(config, root.absolute(), partial(_tell_person, bars), until_end_of_input=False)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m phistac.sandbox``."""
    parser = argparse.ArgumentParser(prog="python -m phistac.sandbox", description=(__doc__ or "").split("\n", 1)[0])
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except PhistacError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run_child() -> int:
    options = json.loads(sys.stdin.readline())
    try:
        config = SandboxConfig(**options["config"])
        _serve(config, Path(options["root"]), _tell_parent, until_end_of_input=True)
    except ConfigurationError as error:
        _tell_parent(event="failed", text=error.message, remedy=error.remedy)
        return 2
    return 0


def _serve(config: SandboxConfig, root: Path, tell: Callable[..., None], *, until_end_of_input: bool) -> None:
    # Imported late: everything above works without the extra's packages, and --help at once.
    from phistac.sandbox.accounts import Accounts  # noqa: PLC0415
    from phistac.sandbox.content import prepare  # noqa: PLC0415
    from phistac.sandbox.odata.app import routes  # noqa: PLC0415
    from phistac.sandbox.server import Service  # noqa: PLC0415
    from phistac.sandbox.serving import serve  # noqa: PLC0415

    prepare(root, config, progress=lambda text: tell(event="progress", text=text))
    accounts = Accounts(config)
    service = Service(root, config, accounts, routes(root, accounts, config))

    def ready(catalogue_port: int, s3_port: int) -> None:
        where = {"catalogue_port": catalogue_port, "s3_port": s3_port, "root": str(root)}
        settings = settings_of(config, catalogue_port=catalogue_port, s3_port=s3_port)
        # Made-up credentials of a server on loopback: whoever typed the command needs them. A handle has them already.
        more = {} if until_end_of_input else {"environment": environment(config, settings)}
        tell(event="ready", **where, **more)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if until_end_of_input:
            threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()
        await serve(service, config, ready=ready, stop=stop)

    asyncio.run(until_stopped())


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held by a thread at the interpreter's end, is a fatal error
        pass
    with contextlib.suppress(RuntimeError):  # the loop ended for another reason
        loop.call_soon_threadsafe(stop.set)


def _tell_parent(**event: Any) -> None:
    """Say what happened to the process that started this one: a JSON text a line."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _write_line(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _tell_person(bars: Bars, **event: Any) -> None:
    """Say it to whoever typed the command; standard output gets what another shell needs to use the sandbox."""
    if event["event"] == "progress":
        bars(event["text"])
        return
    bars.close()
    for name, value in event["environment"].items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.flush()
    sys.stderr.write("The sandbox runs until Ctrl-C. In another shell, the lines above lead phistac to it.\n")


if __name__ == "__main__":
    sys.exit(main())
