"""The identity provider's token endpoint and the key manager, as HTTP over :mod:`phistac.sandbox.accounts`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from phistac.errors import CredentialsRejectedError, RateLimitError
from phistac.sandbox.odata.errors import RefusalError, forbidden, not_found
from phistac.sandbox.odata.service import account, endpoint

if TYPE_CHECKING:
    from starlette.requests import Request

    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["routes"]

_TOKEN = "/auth/realms/{realm}/protocol/openid-connect/token"  # noqa: S105 - an address
_KEYS = "/api/user/credentials"
_CLIENT = "cdse-public"


def routes(service: Service) -> list[Route]:
    """Return the routes of tokens and S3 keys."""
    return [
        *(Route(_TOKEN.format(realm=realm), endpoint(_token(service)), methods=["POST"]) for realm in ("CDSE", "cdse")),
        Route(_KEYS, endpoint(_create(service)), methods=["POST"]),
        Route(f"{_KEYS}/access_id/{{key}}", endpoint(_delete(service)), methods=["DELETE"]),
    ]


def _token(service: Service) -> Handler:
    def token(request: Request, body: bytes) -> Response:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise _keycloak(400, "invalid_request", "Missing form parameter: grant_type")
        form = {
            name: values[-1] for name, values in parse_qs(body.decode(errors="replace"), keep_blank_values=True).items()
        }
        try:
            answer = _grant(service, form)
        except CredentialsRejectedError as error:
            # Keycloak says 400 to a refresh token that is not good, 401 to a login that is not.
            status = 400 if form.get("grant_type") == "refresh_token" else 401
            raise _keycloak(status, "invalid_grant", error.message) from error
        return JSONResponse(answer, headers={"cache-control": "no-store", "pragma": "no-cache"})

    return token


def _grant(service: Service, form: dict[str, str]) -> dict[str, object]:
    if form.get("client_id") != _CLIENT:
        raise _keycloak(401, "invalid_client", "Invalid client or Invalid client credentials")
    match form.get("grant_type"):
        case "password":
            names = (form.get("username", ""), form.get("password", ""), form.get("totp"))
            return service.accounts.password_grant(*names)
        case "refresh_token":
            return service.accounts.refresh(form.get("refresh_token", ""))
        case None:
            raise _keycloak(400, "invalid_request", "Missing form parameter: grant_type")
        case _:
            raise _keycloak(400, "unsupported_grant_type", "Unsupported grant_type")


def _keycloak(status: int, error: str, description: str) -> RefusalError:
    body = {"error": error, "error_description": description}
    return RefusalError(description, status=status, body=body)


def _create(service: Service) -> Handler:
    def create(request: Request, _: bytes) -> Response:
        try:
            access, secret = service.accounts.create_s3_key(account(service, request))
        except RateLimitError as error:
            raise forbidden(error.message) from error
        return JSONResponse({"access_id": access, "secret": secret})

    return create


def _delete(service: Service) -> Handler:
    def delete(request: Request, _: bytes) -> Response:
        if not service.accounts.delete_s3_key(request.path_params["key"], account(service, request)):
            raise not_found()
        return Response(status_code=204)

    return delete
