"""Where temporary S3 keys are bought with a login, tried, and given back: the requests, and what their answers mean."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from phistac.errors import CredentialsRejectedError, NotFoundError, ServiceError
from phistac.remote.account.bare import bare
from phistac.remote.account.keycheck import key_works
from phistac.remote.account.secrets import S3Keys, Secret
from phistac.remote.account.tokens import token_source

if TYPE_CHECKING:
    from phistac.remote.web.http import Http
    from phistac.settings import Settings

__all__ = ["PANEL", "FullError", "buy", "give_back", "wait_for"]

PANEL = "https://eodata-s3keysmanager.dataspace.copernicus.eu"
"""Where a user sees and deletes keys by hand."""

_WAIT_S = 30.0
_EVERY_S = 1.0


class FullError(CredentialsRejectedError):
    """The account has as many S3 keys as it may have."""


def buy(http: Http) -> S3Keys:
    """Buy a pair of keys; it works after some seconds (:func:`wait_for`).

    Raises
    ------
    FullError
        If the account has as many as it may have; says how to delete some.
    CredentialsRejectedError, RateLimitError, ServiceError
        As the services say.
    """
    settings = http.settings
    tokens = token_source(settings)
    try:
        return tokens.spend(lambda token: _keys_in(http.post_json(settings.s3_keys_url, bearer=token), settings))
    except CredentialsRejectedError as error:
        if "max number" not in error.message.lower():
            raise
        said = bare(error)
    raise FullError(
        f"the account {settings.account!r} has as many temporary S3 keys as it may have",
        remedy=f"Delete some at {PANEL} (phistac logout deletes those that phistac made on this machine), or put keys"
        " that you have where phistac finds them: phistac login --s3-keys.",
    ) from said


def wait_for(http: Http, keys: S3Keys) -> None:
    """Return when the archive knows these keys.

    Raises
    ------
    ServiceError
        If it does not within half a minute.
    """
    until = time.monotonic() + _WAIT_S
    while not key_works(http, keys):
        if time.monotonic() > until:
            raise ServiceError(
                f"a new S3 key of the account {http.settings.account!r} does not work after {_WAIT_S:.0f} seconds",
                remedy="Try again in a minute.",
            )
        time.sleep(_EVERY_S)


def give_back(http: Http, access_key: str) -> None:
    """Delete a key at the service; one that it does not know any more has run out.

    Raises
    ------
    CredentialsRejectedError, RateLimitError, ServiceError
        As the services say, without the key.
    """
    url = Secret(f"{http.settings.s3_keys_url}/access_id/{access_key}")

    def delete(token: str) -> None:
        with http.request("DELETE", url, bearer=token):
            pass

    try:
        token_source(http.settings).spend(delete)
    except NotFoundError:
        return


def _keys_in(answer: Any, settings: Settings) -> S3Keys:
    try:
        return S3Keys(str(answer["access_id"]), str(answer["secret"]))
    except (KeyError, TypeError):
        del answer  # it may hold a secret
    raise ServiceError(f"{settings.s3_keys_url} answered without a key", remedy="Check the s3_keys_url setting.")
