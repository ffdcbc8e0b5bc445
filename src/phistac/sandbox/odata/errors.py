"""Refusals of the catalogue: status and JSON body as recorded from the real one.

Three shapes exist there: a list of FastAPI validation errors (422), an object with ``ErrorMessage`` and ``RequestID``
(400), and a plain string (401, 404). The body of a bad ``$filter`` was never recorded; the object shape stands in.
"""

from __future__ import annotations

from typing import Any

from phistac.errors import CatalogueError

__all__ = ["RefusalError", "forbidden", "invalid", "not_found", "unauthorized", "unknown_option", "unprocessable"]


class RefusalError(CatalogueError):
    """An answer that is not an answer; it exists to carry status and body to the edge of the app.

    Parameters
    ----------
    message : str
        What is refused, for logs and tests.
    status : int
        The HTTP status.
    body : object
        What is sent as JSON; a ``RequestID`` of None in its ``detail`` is filled in when it is sent.
    """

    kind = "refusal"

    def __init__(self, message: str, *, status: int, body: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = body

    def content(self, request_id: str) -> Any:
        """Return the body with the id of the request."""
        detail = self.body.get("detail")
        if isinstance(detail, dict) and "RequestID" in detail:
            return {**self.body, "detail": {**detail, "RequestID": request_id}}
        return self.body


def invalid(option: str, message: str) -> RefusalError:
    """Return a 400 for an option with a value that cannot be used."""
    detail = {
        "ErrorMessage": "Validation error.",
        "ErrorCode": 400,
        "ErrorDetail": [{"loc": [option], "msg": message}],
        "RequestID": None,
    }
    return RefusalError(f"{option}: {message}", status=400, body={"detail": detail})


def unknown_option(name: str) -> RefusalError:
    """Return a 400 for a query option that does not exist."""
    detail = {
        "ErrorMessage": "Unknown query parameter(s).",
        "ErrorCode": 400,
        "ErrorDetail": {"loc": [name], "msg": "Query parameters do not exist."},
        "RequestID": None,
    }
    return RefusalError(f"unknown option {name}", status=400, body={"detail": detail})


def unprocessable(
    option: str, kind: str, message: str, value: Any, limits: dict[str, int] | None = None, *, place: str = "query"
) -> RefusalError:
    """Return a 422 in the shape of a FastAPI validation error."""
    error = {"type": kind, "loc": [place, option], "msg": message, "input": value}
    if limits is not None:
        error["ctx"] = limits
    return RefusalError(f"{option}: {message}", status=422, body={"detail": [error]})


def not_found(detail: str = "Not Found") -> RefusalError:
    """Return a 404."""
    return RefusalError(detail, status=404, body={"detail": detail})


def unauthorized(detail: str = "Unauthorized") -> RefusalError:
    """Return a 401."""
    return RefusalError(detail, status=401, body={"detail": detail})


def forbidden(detail: str) -> RefusalError:
    """Return a 403."""
    return RefusalError(detail, status=403, body={"detail": detail})
