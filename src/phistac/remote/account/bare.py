"""Causes of errors without their frames, in whose variables libraries keep what they sent."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["bare"]

_E = TypeVar("_E", bound=BaseException)


def bare(error: _E) -> _E:
    """Drop the frames of an exception and of all that led to it; what they say stays.

    For ``raise ... from bare(error)`` wherever a library fails that had a signed request, a token or a password in its
    hands: tools that print the variables of every frame (``capture_locals``, Sentry, rich) would print those.

    Examples
    --------
    >>> try:
    ...     {}["missing"]
    ... except KeyError as error:
    ...     print(bare(error).__traceback__)
    None
    """
    ahead: list[BaseException] = [error]
    seen: set[int] = set()
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = None
        ahead += [other for other in (one.__cause__, one.__context__) if other is not None]
        if isinstance(one, BaseExceptionGroup):
            ahead += one.exceptions
        # urllib3 and botocore keep what went wrong below as an argument, too.
        ahead += [inside for inside in _arguments(one) if isinstance(inside, BaseException)]
    return error


def _arguments(error: BaseException) -> list[object]:
    named = getattr(error, "kwargs", None)
    reason = [getattr(error, "reason", None)]
    return [*error.args, *(named.values() if isinstance(named, dict) else ()), *reason]
