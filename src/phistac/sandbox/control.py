"""The sandbox's own addresses on the catalogue port: counters and faults, under ``/_sandbox``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from phistac.errors import ConfigurationError
from phistac.sandbox.faults import Fault
from phistac.sandbox.middleware import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.faults import FaultBook
    from phistac.sandbox.quotas import Gate
    from phistac.sandbox.tally import Tally

__all__ = ["control_routes"]


def control_routes(gate: Gate, tally: Tally, faults: FaultBook, *, restore: Callable[[], None]) -> list[Route]:
    """Return the routes that read and reset counters and that order faults.

    Parameters
    ----------
    gate, tally, faults
        What both services report to.
    restore : callable
        Makes changed objects what they were.
    """

    async def counters(request: Request) -> Response:
        asked = request.query_params
        seen = tally.counters(gate.usage(), gate.total(), path=asked.get("path", ""), method=asked.get("method", ""))
        return JSONResponse(seen.as_dict())

    async def reset(_: Request) -> Response:
        tally.reset()
        gate.reset_peaks()
        return JSONResponse({})

    async def pending(_: Request) -> Response:
        return JSONResponse([fault.as_dict() for fault in faults.pending()])

    async def order(request: Request) -> Response:
        try:
            ordered = [Fault.from_dict(values) for values in await request.json()]
        except (ConfigurationError, TypeError, ValueError) as error:
            return JSONResponse({"detail": str(error)}, 422)
        for fault in ordered:
            faults.add(fault)
        return await pending(request)

    async def forget(_: Request) -> Response:
        faults.clear()
        restore()
        return JSONResponse([])

    return [
        Route(f"{CONTROL}/counters", counters, methods=["GET"]),
        Route(f"{CONTROL}/counters/reset", reset, methods=["POST"]),
        Route(f"{CONTROL}/faults", pending, methods=["GET"]),
        Route(f"{CONTROL}/faults", order, methods=["POST"]),
        Route(f"{CONTROL}/faults", forget, methods=["DELETE"]),
    ]
