"""From an HTTP answer that is no success to the error of ours that says what happened, in the service's own words."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from phistac.errors import (
    CatalogueError,
    CredentialsRejectedError,
    NotFoundError,
    PhistacError,
    RateLimitError,
    ServiceError,
)
from phistac.remote.web.patience import BUSY

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UnauthorizedError", "login_remedy", "refusal", "service_message"]

_LONGEST_MESSAGE = 500


class UnauthorizedError(CredentialsRejectedError):
    """401: the service does not take the token or the login itself; 403 is about what they may do."""


def refusal(status: int, body: bytes, *, what: str, asked_s: float | None = None) -> PhistacError:
    """Return the error for an answer of this status.

    Parameters
    ----------
    status : int
        HTTP status, 400 or above (or a redirect that leads nowhere).
    body : bytes
        What the service said; JSON of any of its shapes, or text.
    what : str
        The request in words, such as ``GET https://…``; never with a secret in it.
    asked_s : float, optional
        Seconds that the service asked us to wait.

    Returns
    -------
    PhistacError
        CredentialsRejectedError (401, 403), NotFoundError (404, 410), RateLimitError (429, 503), CatalogueError (other
        4xx: the request has no meaning to the service) or ServiceError.
    """
    message = f"{what} was answered {status}: {service_message(body) or _phrase(status)}"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        kind = UnauthorizedError if status == HTTPStatus.UNAUTHORIZED else CredentialsRejectedError
        return kind(
            message, remedy="Check the user name, the password and the keys of this account, and what it may do."
        )
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return NotFoundError(message)
    if status in BUSY:
        return RateLimitError(message, retry_after_s=asked_s, remedy="Try again later, or ask for less at once.")
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return CatalogueError(message)
    return ServiceError(message, remedy="Try again later; if it stays, the service may be down.")


def service_message(body: bytes) -> str:
    """Return what the service says is wrong, from any of the JSON shapes it uses, or its text; "" if it says nothing.

    Examples
    --------
    >>> service_message(b'{"error":"invalid_grant","error_description":"Invalid user credentials"}')
    'Invalid user credentials'
    >>> service_message(b'{"detail":[{"loc":["query","$skip"],"msg":"Input should be less than or equal to 10000"}]}')
    'query $skip: Input should be less than or equal to 10000'
    """
    text = body[:65536].decode("utf-8", "replace").strip()
    try:
        answer = json.loads(text)
    except ValueError:
        said = "" if text.startswith("<") else text
    else:
        said = _said(answer)
    said = " ".join(said.split())
    return said if len(said) <= _LONGEST_MESSAGE else said[: _LONGEST_MESSAGE - 1] + "…"


def login_remedy(said: str, *, second_factor: bool) -> str:
    """Return what to do about a refused login, from the words in which Keycloak refuses.

    Parameters
    ----------
    said : str
        The refusal's message.
    second_factor : bool
        Whether the login brought one.
    """
    words = said.lower()
    if "not fully set up" in words:
        return "Sign in once at https://dataspace.copernicus.eu; something is left to confirm there, or to set up."
    if "disabled" in words or "locked" in words:
        return "Too many failed logins lock an account for some minutes; wait, then sign in in a browser to see why."
    if "session" in words:
        return "Every login opens a session, of which an account has a hundred; the oldest ends within the hour."
    if second_factor:
        return "Check the user name, the password and the second factor; a code is good once, and needs a right clock."
    return "Check the user name and the password; with two-factor authentication, set PHISTAC_TOTP."


def _said(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return "; ".join(filter(None, (_said(part) for part in answer)))
    if not isinstance(answer, dict):
        return ""
    if "msg" in answer:  # one complaint of a validator: where, and what
        place = " ".join(str(part) for part in answer.get("loc", ()))
        return f"{place}: {answer['msg']}" if place else str(answer["msg"])
    for key in ("error_description", "detail", "message", "description", "ErrorMessage", "error"):
        if answer.get(key):
            return _with_detail(answer, _said(answer[key]))
    return ""


def _with_detail(answer: Mapping[str, Any], said: str) -> str:
    detail = answer.get("ErrorDetail")
    return f"{said} ({_said(detail)})" if detail else said


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
