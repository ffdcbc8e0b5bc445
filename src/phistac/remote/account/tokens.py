"""Access tokens: one session for each login, renewed before it runs out, asked for by one thread at a time.

A token lives ten minutes and each password grant opens a session, of which an account has a hundred. So the password is
used once; afterwards the refresh token is, when six tenths of a token's life are over. Time is measured by a clock that
never jumps: what counts is when *we* asked, and how long the service says it lasts.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from phistac.errors import CatalogueError, CredentialsRejectedError, PhistacError, ServiceError
from phistac.remote.account.bare import bare
from phistac.remote.account.secrets import Secret
from phistac.remote.account.stored import login
from phistac.remote.account.totp import codes
from phistac.remote.web.http import Http
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock
from phistac.remote.web.refusals import UnauthorizedError, login_remedy
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.remote.account.secrets import Login

__all__ = ["TokenSource", "token_source"]

T = TypeVar("T")

_RENEW_AT = 0.6
_BETWEEN_LOGINS_S = 1.2
"""Keycloak takes two failures within a second for an attack, and locks the account for a while."""
_CLIENT = "cdse-public"


class TokenSource:
    """Gives the access token of an account.

    Parameters
    ----------
    settings : Settings, optional
        Where the token service is, and the label of the account.
    credentials : callable, optional
        Gives the login when it is needed; by default :func:`phistac.remote.account.credentials.login`.
    http : Http, optional
        Tests bring their own.
    clock : Clock, optional
        Tests bring their own.

    Examples
    --------
    >>> tokens = TokenSource()
    >>> tokens
    TokenSource(account='default')
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        credentials: Callable[[Settings], Login] = login,
        http: Http | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._settings = resolve(settings)
        self._credentials = credentials
        self._http = http or Http(self._settings, clock=clock)
        self._clock = clock
        self._now = clock.monotonic
        self._lock = threading.Lock()
        self._access = self._refresh = Secret()
        self._renew_at = self._refresh_until = float("-inf")

    def __repr__(self) -> str:
        return f"TokenSource(account={self._settings.account!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a token does not travel between processes; send Settings and make a TokenSource there")

    def token(self) -> str:
        """Return an access token that is good for some minutes.

        Raises
        ------
        CredentialsMissingError
            If no login was found.
        CredentialsRejectedError
            If the service refused it, in the service's words.
        RateLimitError, ServiceError
            If the service did not answer, after retries.
        """
        with self._lock:
            if self._now() >= self._renew_at:
                self._renew()
            return self._access

    def spend(self, use: Callable[[str], T]) -> T:
        """Call with a token and return what comes of it; once more with a new token if the service answers 401.

        Raises
        ------
        CredentialsRejectedError
            If it refuses the new one, too; or as :meth:`token`.
        """
        token = self.token()
        try:
            return use(token)
        except UnauthorizedError:
            self.rejected(token)
        return use(self.token())

    def rejected(self, token: str) -> None:
        """Forget a token that the service has refused before its time; the next :meth:`token` is a new one."""
        with self._lock:
            if token == self._access:
                self._renew_at = float("-inf")

    def _renew(self) -> None:
        if self._now() < self._refresh_until:
            try:
                self._grant({"grant_type": "refresh_token", "refresh_token": self._refresh})
            except (CatalogueError, CredentialsRejectedError):
                self._refresh_until = float("-inf")  # the session has ended: sign in again
            else:
                return
        self._sign_in(self._credentials(self._settings))

    def _sign_in(self, who: Login) -> None:
        form = {"grant_type": "password", "username": who.username, "password": who.password}
        refused: PhistacError | None = None
        for code in codes(who.totp, self._clock.now().timestamp()):
            if refused is not None:
                self._clock.sleep(_BETWEEN_LOGINS_S)
            try:
                self._grant(form if code is None else {**form, "totp": code})
            except (CatalogueError, CredentialsRejectedError) as error:
                refused = error
            else:
                return
        said = "" if refused is None else refused.message
        raise CredentialsRejectedError(
            f"the login of the account {self._settings.account!r} was refused: {said}",
            remedy=login_remedy(said, second_factor=bool(who.totp)),
        ) from (bare(refused) if refused else None)

    def _grant(self, form: dict[str, str]) -> None:
        asked = self._now()
        read = _read(self._http.post_form(self._settings.token_url, {"client_id": _CLIENT, **form}))
        if read is None:
            raise ServiceError(
                f"{self._settings.token_url} answered without an access token", remedy="Check the token_url setting."
            )
        self._access, lifetime_s, self._refresh, refresh_s = read
        self._renew_at = asked + _RENEW_AT * lifetime_s
        self._refresh_until = asked + 0.95 * refresh_s


def _read(answer: Any) -> tuple[Secret, float, Secret, float] | None:
    """Return the tokens of an answer and how long they last; None, and nothing that shows it, if it is no such one."""
    try:
        refresh = Secret(answer.get("refresh_token", ""))
        refresh_s = float(answer.get("refresh_expires_in", 0.0)) if refresh else 0.0
        return Secret(answer["access_token"]), float(answer["expires_in"]), refresh, refresh_s
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


_sources: dict[Settings, TokenSource] = {}
_lock = threading.Lock()


def token_source(settings: Settings | None = None) -> TokenSource:
    """Return the token source of an account, the same one for everyone in this process: one session, not many.

    Examples
    --------
    >>> token_source(Settings(account="me")) is token_source(Settings(account="me"))
    True
    """
    settings = resolve(settings)
    with _lock:
        if settings not in _sources:
            _sources[settings] = TokenSource(settings)
        return _sources[settings]


def _forget() -> None:
    """Start afresh in a forked child, whose connections must be its own."""
    global _lock  # noqa: PLW0603 - the parent's lock may be held by a thread that does not exist here
    _lock = threading.Lock()
    _sources.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
