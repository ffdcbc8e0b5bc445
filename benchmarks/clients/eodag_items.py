"""eodag: rows of the catalogue as EOProducts, and those as STAC Items."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from _protocol import serve
from eodag import EODataAccessGateway
from eodag.api.search_result import RawSearchResult


def work(rows):
    os.environ["EODAG_EXT_COLLECTIONS_CFG_FILE"] = ""  # its list of further collections is on the net
    manager = EODataAccessGateway()._plugins_manager  # noqa: SLF001 - the way that its search takes
    plugin = next(manager.get_search_plugins(collection="S2_MSI_L2A", provider="cop_dataspace"))
    results = RawSearchResult(json.loads(Path(rows).read_text(encoding="utf-8")))
    began = time.perf_counter()
    products = plugin.normalize_results(results, collection="S2_MSI_L2A")
    normalized = time.perf_counter() - began
    items = [product.as_dict() for product in products]
    seconds = time.perf_counter() - began
    return {"normalized": normalized, "seconds": seconds, "names": [item["id"] for item in items]}


serve(work)
