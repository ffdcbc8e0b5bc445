"""How a client finds a running sandbox: settings and environment variables, from its addresses and its options."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from phistac.settings import Settings

if TYPE_CHECKING:
    from phistac.sandbox.config import SandboxConfig

__all__ = ["environment", "settings_of"]

_UNLIMITED_RATE = 1e9
_UNLIMITED_REQUESTS = 1_000_000
_LOOPBACK_LATENCY_S = 0.001


def settings_of(config: SandboxConfig, *, catalogue_port: int, s3_port: int) -> Settings:
    """Return the settings of a client of this sandbox.

    A quota that the sandbox does not have becomes a number that no test reaches, except the connections of a sandbox
    that is not strict: plans reckon with them, so they are given as CDSE's four.
    """
    host = f"[{config.host}]" if ":" in config.host else config.host
    catalogue = f"http://{host}:{catalogue_port}"
    return Settings(
        catalogue_url=f"{catalogue}/odata/v1",
        download_url=f"{catalogue}/download/odata/v1",
        token_url=f"{catalogue}/auth/realms/CDSE/protocol/openid-connect/token",
        s3_url=f"http://{host}:{s3_port}",
        s3_keys_url=f"{catalogue}/api/user/credentials",
        stac_url=f"{catalogue}/stac/v1",
        account=f"sandbox-{catalogue_port}",
        connections=config.connections or Settings().connections,
        connection_rate=config.rate or _UNLIMITED_RATE,
        requests_per_minute=config.requests_per_minute or _UNLIMITED_REQUESTS,
        searches_per_minute=_UNLIMITED_REQUESTS,
        latency_s=config.latency_s or _LOOPBACK_LATENCY_S,
    )


def environment(config: SandboxConfig, settings: Settings) -> dict[str, str]:
    """Return the variables that lead another process to the sandbox, its made-up credentials among them.

    A second factor is not: a code is good for 30 seconds.
    """
    label = "".join(c if c.isalnum() else "_" for c in settings.account.upper())
    variables = {f"PHISTAC_{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(Settings)}
    return variables | {
        f"PHISTAC_S3_ACCESS_KEY__{label}": config.access_key,
        f"PHISTAC_S3_SECRET_KEY__{label}": config.secret_key,
        f"PHISTAC_USERNAME__{label}": config.username,
        f"PHISTAC_PASSWORD__{label}": config.password,
    }
