"""Who may use the sandbox: logins, tokens and S3 keys, in memory.

Behaves like the service's identity provider and key manager: access tokens of ten minutes, refresh tokens good many
times within the hour, a capped number of sessions, a second factor (RFC 6238) where the account has one, temporary
S3 keys up to a cap. Knows nothing of HTTP: :mod:`phistac.sandbox.odata` and the S3 server ask it.
"""

from __future__ import annotations

import hmac
import math
import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phistac.errors import CredentialsRejectedError, RateLimitError
from phistac.sandbox.tokens import TokenMint, totp_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.sandbox.config import SandboxConfig

__all__ = ["MAX_S3_KEYS", "Accounts", "totp_code"]

MAX_S3_KEYS = 10
"""Temporary S3 keys per account; the service has a cap but does not say which."""

_SCOPE = "AUDIENCE_PUBLIC openid email profile ondemand_processing user-context"


@dataclass(frozen=True, slots=True)
class _Key:
    account: str
    secret: str = field(repr=False)
    active_from: float
    active_until: float = math.inf


class Accounts:
    """The accounts of one sandbox.

    Parameters
    ----------
    config : SandboxConfig
        User name, password, second factor, permanent S3 key, lifetimes and caps.
    clock : callable, optional
        Seconds since 1970.
    """

    def __init__(self, config: SandboxConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._mint = TokenMint()
        self._sessions: dict[str, float] = {}
        self._keys = {config.access_key: _Key(config.username, config.secret_key, 0.0)}
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def password_grant(self, username: str, password: str, totp: str | None = None) -> dict[str, Any]:
        """Log in and return a token answer; opens a session.

        Raises
        ------
        CredentialsRejectedError
            Wrong user name, password or second factor, or too many sessions.
        """
        right = hmac.compare_digest(username.encode(), self._config.username.encode())
        right &= hmac.compare_digest(password.encode(), self._config.password.encode())
        if not (right and self._second_factor(totp)):
            raise CredentialsRejectedError("Invalid user credentials")
        return self._answer(username, self._open_session())

    def refresh(self, token: str) -> dict[str, Any]:
        """Return a new token answer for a refresh token, any number of times while its session lives.

        Raises
        ------
        CredentialsRejectedError
            If it is not a refresh token of this sandbox, or too old.
        """
        claims = self._mint.read(token)
        if claims is None or claims["typ"] != "Refresh":
            raise CredentialsRejectedError("Invalid refresh token")
        if self._sessions.get(claims["sid"], 0.0) <= self._clock():
            raise CredentialsRejectedError("Token is not active")
        return self._answer(claims["sub"], claims["sid"])

    def account_of_bearer(self, header: str | None) -> str:
        """Return whose token an ``Authorization`` header carries.

        Raises
        ------
        CredentialsRejectedError
            ``Unauthorized`` if it is no token of this sandbox, ``Expired signature!`` if its time is over.
        """
        scheme, _, token = (header or "").partition(" ")
        claims = self._mint.read(token.strip()) if scheme.lower() == "bearer" else None
        if claims is None or claims["typ"] != "Bearer":
            raise CredentialsRejectedError("Unauthorized")
        if claims["exp"] <= self._clock():
            raise CredentialsRejectedError("Expired signature!")
        return str(claims["sub"])

    def create_s3_key(self, account: str) -> tuple[str, str]:
        """Make a temporary S3 key and return ``(access key, secret)``.

        Raises
        ------
        RateLimitError
            If the account has :data:`MAX_S3_KEYS` of them.
        """
        with self._lock:
            mine = [key for name, key in self._keys.items() if key.account == account and not self._permanent(name)]
            if len(mine) >= MAX_S3_KEYS:
                raise RateLimitError("Max number of credentials reached")
            access, secret = secrets.token_hex(10).upper(), secrets.token_urlsafe(30)
            start = self._clock() + self._config.key_delay_s
            self._keys[access] = _Key(account, secret, start, start + self._config.key_lifetime_s)
            return access, secret

    def delete_s3_key(self, access_key: str, account: str | None = None) -> bool:
        """Forget a temporary key; False if there is none (or it is another account's, or the permanent one)."""
        with self._lock:
            key = self._keys.get(access_key)
            if key is None or self._permanent(access_key) or account not in {None, key.account}:
                return False
            del self._keys[access_key]
            return True

    def secret_of(self, access_key: str) -> str | None:
        """Return the secret of a key that works now, else None."""
        key = self._keys.get(access_key)
        return key.secret if key is not None and key.active_from <= self._clock() < key.active_until else None

    def account_of_key(self, access_key: str) -> str | None:
        """Return whose S3 key this is, else None."""
        key = self._keys.get(access_key)
        return None if key is None else key.account

    def _permanent(self, access_key: str) -> bool:
        return access_key == self._config.access_key

    def _second_factor(self, code: str | None) -> bool:
        if not self._config.totp:
            return True
        now = self._clock()
        # One step either way, as servers allow for clocks that differ.
        codes = [totp_code(self._config.totp, now + 30 * step) for step in (-1, 0, 1)]
        with self._lock:
            self._used.intersection_update(codes)
            right = any(hmac.compare_digest(c.encode(), (code or "").encode()) for c in codes)
            if not right or code in self._used:  # Keycloak takes each code once
                return False
            self._used.add(str(code))
            return True

    def _open_session(self) -> str:
        with self._lock:
            now = self._clock()
            self._sessions = {name: until for name, until in self._sessions.items() if until > now}
            if len(self._sessions) >= self._config.sessions:
                raise CredentialsRejectedError("Session limit exceeded")
            name = str(uuid.uuid4())
            self._sessions[name] = now + self._config.refresh_lifetime_s
            return name

    def _answer(self, account: str, session: str) -> dict[str, Any]:
        now = self._clock()
        refresh_for = self._sessions[session] - now
        access_for = self._config.token_lifetime_s
        common = {"sub": account, "sid": session, "azp": "cdse-public", "iat": now}
        return {
            "access_token": self._mint.make({**common, "typ": "Bearer", "exp": now + access_for}),
            "expires_in": _whole(access_for),
            "refresh_expires_in": _whole(refresh_for),
            "refresh_token": self._mint.make({**common, "typ": "Refresh", "exp": now + refresh_for}),
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": session,
            "scope": _SCOPE,
        }


def _whole(seconds: float) -> float:
    return int(seconds) if seconds >= 1 else seconds
