"""eodag: all pages of a search as EOProducts. It asks the login service where to log in, for each: answered here."""

from __future__ import annotations

import logging
import os
import time

from _protocol import serve
from eodag import EODataAccessGateway
from eodag.plugins.authentication.openid_connect import OIDCRefreshTokenBase

_LOGIN = {
    "jwks_uri": "https://localhost/certs",
    "token_endpoint": "https://localhost/token",
    "authorization_endpoint": "https://localhost/auth",
    "id_token_signing_alg_values_supported": ["RS256"],
}


class _Log(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def work(catalogue, start, stop):
    os.environ["EODAG_EXT_COLLECTIONS_CFG_FILE"] = ""  # its list of further collections is on the net
    os.environ["EODAG__COP_DATASPACE__SEARCH__API_ENDPOINT"] = f"{catalogue}/Products"
    OIDCRefreshTokenBase._get_oidc_endpoints = lambda _: _LOGIN  # noqa: SLF001 - no login service here, none needed
    log = _Log()
    logging.getLogger("eodag").addHandler(log)
    began = time.perf_counter()
    dag = EODataAccessGateway()
    found = dag.search_all(provider="cop_dataspace", collection="S2_MSI_L2A", start=start, end=stop, limit=1000)
    names = [product.properties["id"] for product in found]
    return {"seconds": time.perf_counter() - began, "names": names, "said": log.lines[-1][:80] if log.lines else ""}


serve(work)
