"""The application that uvicorn, or gunicorn with uvicorn's workers, serves."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from brotli_asgi import BrotliMiddleware
from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict
from stac_fastapi.api.app import StacApi
from stac_fastapi.extensions import FilterExtension
from stac_fastapi.extensions.sort import ItemCollectionSortExtension, SearchSortExtension
from stac_fastapi.types.config import ApiSettings
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

import phistac
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.server.answers import add_error_answers
from phistac.server.core import Core
from phistac.server.forwarded import Forwarded
from phistac.server.heads import Heads
from phistac.server.parameters import CollectionsGet, ItemsGet, SearchGet, SearchPost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from phistac.settings import Settings

__all__ = ["app"]

_TITLE = "phistac"
_DESCRIPTION = "The OData catalogue of the Copernicus Data Space Ecosystem as a STAC API, Sentinel-1 bursts included."


class _Settings(ApiSettings):
    """Those of stac-fastapi, from here alone: the ``.env`` file of whoever starts the server is not read."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore")


def app(settings: Settings | None = None) -> FastAPI:
    """Return the STAC API of the catalogue as an ASGI application.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is; taken now.

    Returns
    -------
    fastapi.FastAPI
        Needs no lock and keeps no state but open connections to the catalogue: run as many workers as you like.

    Examples
    --------
    >>> import uvicorn  # doctest: +SKIP
    >>> uvicorn.run(app(), host="127.0.0.1", port=8080)  # doctest: +SKIP
    """
    catalogue = Catalogue(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        catalogue.close()

    options = _Settings(
        stac_fastapi_title=_TITLE,
        stac_fastapi_description=_DESCRIPTION,
        stac_fastapi_version=phistac.__version__,
        stac_fastapi_landing_id=_TITLE,
    )
    made = FastAPI(
        title=_TITLE,
        description=_DESCRIPTION,
        version=phistac.__version__,
        openapi_url=options.openapi_url,
        docs_url=options.docs_url,
        redoc_url=None,
        lifespan=lifespan,
    )
    core = Core(catalogue=catalogue)
    StacApi(
        settings=options,
        app=made,
        client=core,
        stac_version="1.1.0",
        extensions=[
            FilterExtension(client=core),
            SearchSortExtension(client=core),
            ItemCollectionSortExtension(client=core),
        ],
        search_get_request_model=SearchGet,
        search_post_request_model=SearchPost,
        items_get_request_model=ItemsGet,
        collections_get_request_model=CollectionsGet,
        middlewares=_middlewares(),
    )
    add_error_answers(made)
    return made


def _middlewares() -> list[Middleware]:
    """Return what lies around the application: compression, leave for pages of any origin to read, the proxy's word."""
    return [
        Middleware(BrotliMiddleware),
        Middleware(
            CORSMiddleware,
            allow_origins=["*"],  # all is public, nothing can be changed, and no cookie is looked at
            allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
            allow_headers=["Content-Type"],
            expose_headers=["Retry-After"],
            max_age=600,
        ),
        Middleware(Forwarded),
        Middleware(Heads),
    ]
