"""The STAC API as a web application: the core of :mod:`phistac.remote.stacapi.api` behind stac-fastapi.

What a client in process gets and what a client over HTTP gets come out of the same call; this room adds what only HTTP
has: addresses, status codes, media types, CORS, an OpenAPI document. It needs the extra ``server``, which is loaded
when :func:`app` is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"asgi": ["app"]})
