"""CDSETool: a search as dicts, with its own paging. The catalogue's address is a constant of its source: replaced."""

from __future__ import annotations

import logging
import time

from _protocol import serve
from cdsetool.query import FeatureQuery, query_features

_REAL = "https://catalogue.dataspace.copernicus.eu/odata/v1"


class _Log(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def work(catalogue, start, stop):
    made = FeatureQuery._build_query_url  # noqa: SLF001 - there is no other way to another address
    FeatureQuery._build_query_url = lambda *given, **more: made(*given, **more).replace(_REAL, catalogue)  # noqa: SLF001
    log = _Log()
    logger = logging.Logger("cdsetool")  # noqa: LOG001 - its own, for this call
    logger.addHandler(log)
    began = time.perf_counter()
    terms = {"productType": "S2MSI2A", "contentDateStartGe": start, "contentDateStartLe": stop}
    features = query_features("SENTINEL-2", terms, options={"logger": logger, "expand_attributes": True})
    names = [feature["Name"] for feature in features]
    return {"seconds": time.perf_counter() - began, "names": names, "said": log.lines[-1][:80] if log.lines else ""}


serve(work)
