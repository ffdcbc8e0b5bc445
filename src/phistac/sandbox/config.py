"""What a sandbox is asked to be: one frozen, checked value.

The command line, the :class:`~phistac.sandbox.Sandbox` handle and the server process all speak in these terms.
Quotas follow ``strict``: with it they are those of a CDSE account, without it they are off; each can be set by itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from phistac.errors import ConfigurationError

__all__ = ["AS_STRICT_SAYS", "Count", "OverLimit", "SandboxConfig", "Size"]

Count = Literal["sockets", "requests", "both"]
OverLimit = Literal["429", "503", "403", "refuse"]
Size = Literal["small", "full", "modes"]

AS_STRICT_SAYS = -1
"""Value of a quota that is left to ``strict``; 0 switches it off, anything above is the quota."""

_STRICT = {"connections": 4, "rate": 20e6, "latency_s": 0.05, "requests_per_minute": 2000}


def _random() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """How strict a sandbox is, what it serves, and to whom.

    Examples
    --------
    >>> SandboxConfig().connections, SandboxConfig(strict=False).connections
    (4, 0)
    """

    host: str = "127.0.0.1"
    """Always this machine."""

    catalogue_port: int = 0
    """OData, tokens, keys and control; 0 takes a free port."""

    s3_port: int = 0
    """0 takes a free port."""

    strict: bool = True
    """Whether the quotas below default to those of a CDSE account, or to none."""

    count: Count = "both"
    """What is a connection: an open socket, a request in flight, or both."""

    over_limit: OverLimit = "429"
    """The answer beyond a quota: a status, or a closed connection."""

    connections: int = AS_STRICT_SAYS
    """Connections that an account may have at once; 0 for any number."""

    rate: float = AS_STRICT_SAYS
    """Bytes per second of one connection; 0 for as fast as it goes."""

    latency_s: float = AS_STRICT_SAYS
    """Seconds to the first byte of an answer."""

    requests_per_minute: int = AS_STRICT_SAYS
    """S3 requests of an account within 60 seconds; 0 for any number."""

    token_lifetime_s: float = 600
    """Seconds that an access token is good for."""

    refresh_lifetime_s: float = 3600
    """Seconds that a refresh token is good for."""

    key_delay_s: float = 0
    """Seconds until a new temporary S3 key works; about five at the real service."""

    key_lifetime_s: float = 3600
    """Seconds that a temporary S3 key is good for; the real service does not say."""

    sessions: int = 100
    """Password logins that may be alive at once."""

    username: str = "sandbox@example.org"
    """The account's name; it is also the label in the counters."""

    password: str = field(default_factory=_random, repr=False)
    """The account's password; made up unless given."""

    totp: str = field(default="", repr=False)
    """Shared secret (base32) of the second factor that a login must bring; empty for none."""

    access_key: str = "SANDBOXACCESSKEY0001"
    """The permanent S3 access key of the account."""

    secret_key: str = field(default_factory=_random, repr=False)
    """Its secret; made up unless given."""

    data: Path | None = None
    """A folder with records and products to serve; None makes an archive from ``seed``."""

    complete_measurements: bool = False
    """Whether Sentinel-1 products in ``data`` get the measurement files that they lack: sparse, in their real size and
    layout, with a pattern for pixels."""

    seed: int = 1
    """The same seed makes the same archive, byte by byte."""

    size: Size = "small"
    """The seeded archive: few pixels, or one product with as many as real ones, or one of every mode of Sentinel-1."""

    def __post_init__(self) -> None:
        for name, value in _STRICT.items():
            if getattr(self, name) == AS_STRICT_SAYS:
                object.__setattr__(self, name, value if self.strict else type(value)(0))
        if self.data is not None:
            object.__setattr__(self, "data", Path(self.data))
        _check(self)

    def as_dict(self) -> dict[str, Any]:
        """Every field as plain JSON values, secrets included: for the pipe to the server process and nothing else."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**values, "data": None if self.data is None else str(self.data)}


def _check(config: SandboxConfig) -> None:
    for name, choices in (
        ("host", ("127.0.0.1", "localhost", "::1")),  # this machine, nobody else's
        ("count", get_args(Count)),
        ("over_limit", get_args(OverLimit)),
        ("size", get_args(Size)),
    ):
        _require(config, name, getattr(config, name) in choices, f"Use one of {', '.join(choices)}.")
    for name in (
        *_STRICT,
        "token_lifetime_s",
        "refresh_lifetime_s",
        "key_delay_s",
        "key_lifetime_s",
        "sessions",
        "seed",
    ):
        _require(config, name, getattr(config, name) >= 0, "It must not be negative.")
    for name in ("catalogue_port", "s3_port"):
        _require(config, name, 0 <= getattr(config, name) <= 65535, "Use a port, or 0 for a free one.")
    for name in ("username", "password", "access_key", "secret_key"):
        _require(config, name, bool(getattr(config, name)), "Leave it out to get a made-up one.")
    _require(
        config,
        "complete_measurements",
        not config.complete_measurements or config.data is not None,
        "It goes with data; the archive that is made has all of its files.",
    )
    _require(config, "data", config.data is None or config.data.is_dir(), "Give a folder of products.")


def _require(config: SandboxConfig, name: str, good: bool, remedy: str) -> None:  # noqa: FBT001 - a plain assertion
    if not good:
        shown = "not given" if name in {"password", "secret_key"} else repr(getattr(config, name))
        raise ConfigurationError(f"the sandbox option {name} is {shown}", remedy=remedy)
