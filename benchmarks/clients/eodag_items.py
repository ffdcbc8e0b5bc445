"""eodag: rows of the catalogue as EOProducts, and those as STAC Items."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from _protocol import serve


def work(rows):
    os.environ["EODAG_EXT_COLLECTIONS_CFG_FILE"] = ""
    from eodag import EODataAccessGateway
    from eodag.api.search_result import RawSearchResult

    dag = EODataAccessGateway()
    plugin = next(dag._plugins_manager.get_search_plugins(collection="S2_MSI_L2A", provider="cop_dataspace"))
    results = RawSearchResult(json.loads(Path(rows).read_text(encoding="utf-8")))
    began = time.perf_counter()
    products = plugin.normalize_results(results, collection="S2_MSI_L2A")
    normalized = time.perf_counter() - began
    items = [product.as_dict() for product in products]
    seconds = time.perf_counter() - began
    return {"normalized": normalized, "seconds": seconds, "names": [item["id"] for item in items]}


serve(work)
