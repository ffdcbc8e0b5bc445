"""A sandbox as a value in a program: ``with Sandbox() as cdse: ...``."""

from __future__ import annotations

import contextlib
import html
import json
import urllib.request
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from phistac.errors import ConfigurationError, ServiceError
from phistac.sandbox.config import SandboxConfig
from phistac.sandbox.counters import Counters
from phistac.sandbox.environment import environment, settings_of
from phistac.sandbox.faults import Fault
from phistac.sandbox.process import ServerProcess
from phistac.sandbox.surroundings import environ, require_extra, temporary_folder
from phistac.settings import use

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from phistac.settings import Settings

__all__ = ["Sandbox"]


class Sandbox:
    """The whole service on this machine, in a process of its own, for as long as the ``with`` block lasts.

    Inside the block it is what ``phistac`` talks to: settings, environment variables and credentials point at it, for
    this process and for those it starts. All of that is put back at the end.

    Parameters
    ----------
    data : path, optional
        A folder with records and product trees to serve. Without it a seeded archive is made.
    root : path, optional
        Where the archive is kept. Given, it stays, and is used again by a sandbox with the same ``data``, ``seed`` and
        ``size``; left out, it is a temporary folder.
    progress : callable, optional
        Is told what is being built.
    **options
        Fields of :class:`~phistac.sandbox.SandboxConfig`: ``seed=1``, ``size="small"``, ``strict=True``,
        ``count="both"``, ``over_limit="429"``, ``connections``, ``rate``, ...

    Raises
    ------
    ConfigurationError
        If an option cannot be used, or ``root`` holds something else.
    MissingExtraError
        If the packages of the extra ``sandbox`` are not installed.
    ServiceError
        If the server does not start.

    Examples
    --------
    >>> with Sandbox() as cdse:  # doctest: +SKIP
    ...     items = phistac.connect().search(collections=["sentinel-2-l2a"]).item_collection()
    ...     cdse.counters().refused
    0
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        *,
        root: str | os.PathLike[str] | None = None,
        progress: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        known = {each.name for each in fields(SandboxConfig)}
        unknown = sorted(set(options) - known)
        if unknown:
            raise ConfigurationError(
                f"the sandbox has no option {unknown[0]!r}", remedy=f"It has {', '.join(sorted(known))}."
            )
        try:
            self.config = SandboxConfig(data=None if data is None else Path(data), **options)
        except TypeError as error:
            raise ConfigurationError(f"an option of the sandbox is of the wrong type ({error})") from error
        self._given_root = None if root is None else Path(root).absolute()
        self._progress = progress
        self._process: ServerProcess | None = None
        self._started = contextlib.ExitStack()
        self._used = contextlib.ExitStack()

    def start(self) -> Self:
        """Start the server and point the environment at it, until :meth:`stop`: for notebooks.

        A ``with`` block does this, and wins over settings of an enclosing ``use`` block besides.
        """
        if self._process is not None:
            raise ConfigurationError("this sandbox runs already", remedy="Make another one.")
        require_extra()
        with contextlib.ExitStack() as undo:
            self.root = self._given_root or undo.enter_context(temporary_folder())
            options = {"config": self.config.as_dict(), "root": str(self.root)}
            self._process = ServerProcess(options, progress=self._progress)
            undo.callback(self._stop_process)
            ready = self._process.ready
            self.settings = settings_of(self.config, catalogue_port=ready["catalogue_port"], s3_port=ready["s3_port"])
            undo.enter_context(environ(environment(self.config, self.settings)))
            self._started = undo.pop_all()
        return self

    def stop(self) -> None:
        """End the server, put the environment back and remove the temporary archive. A second call does nothing."""
        self._started.close()

    def __enter__(self) -> Self:
        self.start()
        self._used.enter_context(use(self.settings))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._used.close()
        finally:
            self.stop()

    root: Path
    """The folder of the archive."""

    settings: Settings
    """What leads a client here."""

    @property
    def username(self) -> str:
        """The account's name."""
        return self.config.username

    @property
    def password(self) -> str:
        """The account's password."""
        return self.config.password

    @property
    def control_url(self) -> str:
        """Where counters and faults are."""
        return self.settings.catalogue_url.removesuffix("/odata/v1") + "/_sandbox"

    def counters(self, *, path: str = "", method: str = "") -> Counters:
        """Return what the server saw since it started or was reset.

        Parameters
        ----------
        path : str
            Count only requests whose path begins so: ``/eodata/Sentinel-1/...`` or ``/odata/v1/Products``.
        method : str
            Count only requests with this HTTP method.
        """
        query = urlencode({"path": path, "method": method})
        return Counters.from_dict(self._call("GET", f"/counters?{query}"))

    def reset_counters(self) -> None:
        """Start counting anew; peaks begin at what is open now."""
        self._call("POST", "/counters/reset")

    def inject(self, *faults: Fault) -> None:
        """Order faults; they strike in the order given.

        Examples
        --------
        >>> cdse.inject(Fault("short", path="/eodata/Sentinel-1/", span=(0, 8), after_bytes=4))  # doctest: +SKIP
        """
        self._call("POST", "/faults", [fault.as_dict() for fault in faults])

    def pending_faults(self) -> tuple[Fault, ...]:
        """Return the faults that have not struck yet, ``times`` and ``skip`` counted down: nothing if all have."""
        return tuple(Fault.from_dict(fault) for fault in self._call("GET", "/faults"))

    def clear_faults(self) -> None:
        """Forget faults that have not struck yet; bring changed objects back, and those that are gone."""
        self._call("DELETE", "/faults")

    def publish(self, *rows: Mapping[str, Any]) -> int:
        """Add records while the sandbox runs; return how many.

        Parameters
        ----------
        *rows : mapping
            Rows of ``Products``, or of ``Bursts`` (they have a ``ParentProductId``), as the catalogue gives them with
            everything expanded. One with an Id that is there already takes its place. Dates are what they say.
        """
        return int(self._call("POST", "/catalogue/publish", rows)["published"])

    def delete(self, *identifiers: str, cause: str = "Obsolete product or Other", at: str = "") -> int:
        """Move products to ``DeletedProducts``, their bursts vanish; return how many were moved.

        Parameters
        ----------
        *identifiers : str
            Ids; unknown ones are passed over.
        cause : str
            What the catalogue will say.
        at : str
            When, as the catalogue writes times; now by default.
        """
        body = {"ids": identifiers, "cause": cause, "at": at}
        return int(self._call("POST", "/catalogue/delete", body)["deleted"])

    def _call(self, method: str, path: str, body: object = None) -> Any:
        if self._process is None:
            raise ConfigurationError("this sandbox is not running", remedy="Use it in a with block.")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Connection": "close"}
        request = urllib.request.Request(self.control_url + path, data, headers, method=method)  # noqa: S310 - loopback
        # No proxy: the machine's own may be set in the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except OSError as error:
            raise ServiceError(
                f"the sandbox does not answer {method} {path} ({error}){self._process.error_tail()}",
                remedy="Start another one.",
            ) from error

    def _stop_process(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __repr__(self) -> str:
        kind = "strict" if self.config.strict else "not strict"
        content = f"serving {self.config.data}" if self.config.data else f"seed {self.config.seed}, {self.config.size}"
        where = f"at {self.settings.s3_url} and {self.settings.catalogue_url}" if self._process else "not running"
        return f"<Sandbox {where} ({kind}, {content})>"

    def _repr_html_(self) -> str:
        rows = [("archive", self.config.data or f"seed {self.config.seed}, {self.config.size}")]
        if self._process:
            rows += [("catalogue", self.settings.catalogue_url), ("S3", self.settings.s3_url), ("folder", self.root)]
        what = "sockets and requests" if self.config.count == "both" else self.config.count
        rows.append(("quota", f"{self.config.connections or 'any number of'} connections ({what})"))
        cells = "".join(f"<tr><th>{name}</th><td>{html.escape(str(value))}</td></tr>" for name, value in rows)
        return f"<table><caption>phistac sandbox</caption>{cells}</table>"
