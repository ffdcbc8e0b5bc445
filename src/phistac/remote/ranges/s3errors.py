"""From what s3fs, botocore and aiohttp raise to the error of ours that says what happened, and whether to try again."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from phistac.errors import (
    ChangedObjectError,
    CredentialsRejectedError,
    FormatError,
    NotFoundError,
    PhistacError,
    RateLimitError,
    ServiceError,
)
from phistac.remote.web.patience import BUSY, retry_after_s

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["BrokenBodyError", "Verdict", "judge"]

WRONG_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)

_BROKEN = (
    BotoConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
    ResponseParserError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
)

_CROWDED = re.compile(r"(?i)session number|too many|rate limit|connection limit")
"""How services that answer 403 to one connection too many put it."""


class BrokenBodyError(Exception):
    """A body that ended before its time; never leaves this room."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an exception means."""

    error: PhistacError
    """What to raise if it stays."""

    again: bool = False
    """Whether the same request may succeed."""

    asked_s: float | None = None
    """How long the service asked us to wait."""

    doubtful: bool = False
    """A refusal that some services give to those who are merely too many; worth one more attempt."""


def judge(problem: BaseException, what: str) -> Verdict | None:
    """Say what an exception means; None if it is none of the network's or the service's.

    Parameters
    ----------
    problem : BaseException
        As it came out of s3fs; a translated one carries the original as its cause.
    what : str
        The request in words, such as ``reading eodata/…/manifest.safe``.
    """
    while True:
        if isinstance(problem, PhistacError):
            return Verdict(problem)
        if isinstance(problem, ClientError):
            return _judge_answer(problem.response, what)
        if isinstance(problem, (BrokenBodyError, *_BROKEN)):
            return Verdict(_broken(problem, what), again=True)
        if isinstance(problem, BotoCoreError):
            return Verdict(_broken(problem, what))
        if problem.__cause__ is None:
            return None
        problem = problem.__cause__


def _judge_answer(answer: Mapping[str, Any], what: str) -> Verdict:
    said = answer.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    meta = answer.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    text = f"{what}: {status} {code}{f' ({message})' if message and message != code else ''}"
    crowded = status == HTTPStatus.FORBIDDEN and code not in WRONG_KEYS and _CROWDED.search(message)
    if status in BUSY or code == "SlowDown" or crowded:
        asked_s = retry_after_s(meta.get("HTTPHeaders", {}).get("retry-after"), now=datetime.now(UTC))
        return Verdict(
            RateLimitError(text, retry_after_s=asked_s, remedy="Something else spends this account; try again later."),
            again=True,
            asked_s=asked_s,
        )
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}:
        return Verdict(_rejected(code, text), doubtful=code not in WRONG_KEYS)
    if status == HTTPStatus.NOT_FOUND:
        return Verdict(NotFoundError(text, remedy="Check the path; products can be withdrawn or replaced."))
    if status == HTTPStatus.PRECONDITION_FAILED:
        return Verdict(ChangedObjectError(text, remedy="The object was replaced; plan or open it anew."))
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        size = meta.get("HTTPHeaders", {}).get("content-range", "").rpartition("/")[2]
        text = f"{what}: the object has {size} bytes, fewer than asked for" if size.isdigit() else text
        return Verdict(FormatError(text, remedy="The object is shorter than what describes it says."))
    return Verdict(
        ServiceError(text, remedy="Try again later."),
        again=status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT,
    )


def _rejected(code: str, text: str) -> CredentialsRejectedError:
    if code == "RequestTimeTooSkewed":
        return CredentialsRejectedError(text, remedy="Set this machine's clock.")
    return CredentialsRejectedError(
        text, remedy="Check the S3 keys of this account; they may have run out or be revoked."
    )


def _broken(problem: BaseException, what: str) -> ServiceError:
    inner = getattr(problem, "kwargs", {}).get("error")
    reason = f"{type(problem).__name__}{f' ({type(inner).__name__})' if inner is not None else ''}"
    said = f": {problem}" if isinstance(problem, BrokenBodyError) else ""
    return ServiceError(f"{what} failed: {reason}{said}", remedy="Check the network and the address.")
