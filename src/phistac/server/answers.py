"""Errors as answers: the status that says whose fault it is, and our words, in the form that STAC API wants."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from phistac.errors import (
    AuthenticationError,
    CatalogueError,
    NotFoundError,
    PhistacError,
    QueryError,
    RateLimitError,
    ServiceError,
    UnknownCollectionError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

__all__ = ["add_error_answers", "status_of"]

_LOG = logging.getLogger("phistac.server")
_STATUSES: tuple[tuple[type[PhistacError], HTTPStatus], ...] = (
    (QueryError, HTTPStatus.BAD_REQUEST),
    (RateLimitError, HTTPStatus.SERVICE_UNAVAILABLE),
    (AuthenticationError, HTTPStatus.BAD_GATEWAY),
    (CatalogueError, HTTPStatus.BAD_GATEWAY),
    (ServiceError, HTTPStatus.BAD_GATEWAY),
    # The core finds nothing only where a path names an Item (below); elsewhere the catalogue itself was not there.
    (NotFoundError, HTTPStatus.BAD_GATEWAY),
)


def status_of(error: PhistacError, *, names_collection: bool, names_item: bool) -> HTTPStatus:
    """Return the HTTP status of an error.

    Parameters
    ----------
    error : PhistacError
        What the core raised.
    names_collection, names_item : bool
        Whether the path itself names a collection, an Item: what is not there then is a page that is not there.

    Examples
    --------
    >>> status_of(UnknownCollectionError("none"), names_collection=False, names_item=False).value
    400
    """
    if names_collection and isinstance(error, UnknownCollectionError):
        return HTTPStatus.NOT_FOUND
    if names_item and isinstance(error, NotFoundError):
        return HTTPStatus.NOT_FOUND
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def add_error_answers(app: FastAPI) -> None:
    """Make an application answer errors in the form ``{"code": ..., "description": ...}``."""
    app.add_exception_handler(PhistacError, _ours)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unexpected)


def _ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, PhistacError):
        return _unexpected(request, error)
    path = request.path_params
    status = status_of(error, names_collection="collection_id" in path, names_item="item_id" in path)
    headers = {}
    if isinstance(error, RateLimitError) and error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.warning("%s %s: %s", request.method, request.url.path, error)
    return _answer(status, error.kind, str(error), headers)


def _unreadable(_: Request, error: Exception) -> JSONResponse:
    complaints = error.errors() if isinstance(error, RequestValidationError) else ()
    said = "; ".join(f"{' '.join(str(each) for each in one['loc'])}: {one['msg']}" for one in complaints)
    return _answer(HTTPStatus.BAD_REQUEST, QueryError.kind, f"the request cannot be read ({said})")


def _of_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return _unexpected(request, error)
    status = HTTPStatus(error.status_code)
    return _answer(status, status.phrase.lower().replace(" ", "-"), str(error.detail), dict(error.headers or {}))


def _unexpected(_: Request, __: Exception) -> JSONResponse:
    """Say nothing of what went wrong: the log has it."""
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, PhistacError.kind, "the server made a mistake; its log says which")


def _answer(status: HTTPStatus, code: str, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "description": text}, status_code=status, headers=headers)
