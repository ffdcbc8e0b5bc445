"""Addresses that Items and links mention: those of the settings in force, so that Items of a sandbox point at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from phistac.settings import Settings

__all__ = ["ROOT", "Service"]

ROOT = "https://phistac.invalid"
"""Root of the API that is answered in process. ``.invalid`` never resolves (RFC 2606): no link leaves."""

_DOWNLOAD = Settings().download_url  # made once: every asset of every Item asks for it
_ZIPPER = "https://zipper.dataspace.copernicus.eu/odata/v1"
_TOKEN_PATH = "/protocol/openid-connect/token"  # noqa: S105 - a part of an address
_CDSE_S3 = (
    "This endpoint provides access to EO data which is stored on the object storage of both CloudFerro Cloud and "
    "OpenTelekom Cloud (OTC). See the [documentation](https://documentation.dataspace.copernicus.eu/APIs/S3.html) for "
    "more information, including how to get credentials."
)
_CREODIAS_S3 = (
    "Comprehensive Earth Observation Data (EODATA) archive offered by CREODIAS as a commercial part of CDSE, designed "
    "to provide users with access to a vast repository of satellite data without predefined quota limits."
)


@dataclass(frozen=True)
class Service:
    """Where products are, and where the API is whose links the Items carry.

    Parameters
    ----------
    settings : Settings
        Endpoints; nothing else of them is used.
    root : str
        Address of the STAC API, without a slash at the end.
    """

    settings: Settings = field(default_factory=Settings)
    root: str = ROOT

    @property
    def nodes_url(self) -> str:
        """Base of ``Products(..)/Nodes(..)/$value``; CDSE's own Items name its older host, and so do ours."""
        download = self.settings.download_url
        return _ZIPPER if download == _DOWNLOAD else download

    @property
    def auth_schemes(self) -> dict[str, Any]:
        """The block ``auth:schemes`` of an Item."""
        realm = self.settings.token_url.removesuffix(_TOKEN_PATH)
        discovery = f"{realm}/.well-known/openid-configuration"
        return {"s3": {"type": "s3"}, "oidc": {"type": "openIdConnect", "openIdConnectUrl": discovery}}

    @property
    def storage_schemes(self) -> dict[str, Any]:
        """The block ``storage:schemes`` of an Item."""
        return {
            "cdse-s3": {
                "title": "Copernicus Data Space Ecosystem S3",
                "description": _CDSE_S3,
                "platform": self.settings.s3_url,
                "requester_pays": False,
                "type": "custom-s3",
            },
            "creodias-s3": {
                "title": "CREODIAS S3",
                "description": _CREODIAS_S3,
                "platform": "https://eodata.cloudferro.com",
                "requester_pays": True,
                "type": "custom-s3",
            },
        }

    def collection_url(self, collection: str) -> str:
        """Return the address of a collection."""
        return f"{self.root}/collections/{collection}"

    def item_url(self, collection: str, item: str) -> str:
        """Return the address of an Item."""
        return f"{self.root}/collections/{collection}/items/{item}"
