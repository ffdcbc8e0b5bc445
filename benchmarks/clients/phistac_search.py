"""phistac: a search as Items, through pystac-client."""

from __future__ import annotations

import time

from _protocol import load, serve

import phistac

load("phistac.remote.stacapi.stac_io")


def work(catalogue, start, stop):  # noqa: ARG001 - the environment leads to the catalogue
    began = time.perf_counter()
    client = phistac.connect()
    search = client.search(collections=["sentinel-2-l2a"], datetime=f"{start}/{stop}")
    names = [item["id"] for item in search.items_as_dicts()]
    return {"seconds": time.perf_counter() - began, "names": names, "said": ""}


serve(work)
