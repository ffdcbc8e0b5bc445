"""phidown: a search as a DataFrame, with its own paging."""

from __future__ import annotations

import contextlib
import io
import time

from _protocol import serve
from phidown.search import CopernicusDataSearcher


def work(catalogue, start, stop):
    said = io.StringIO()
    began = time.perf_counter()
    with contextlib.redirect_stdout(said):
        searcher = CopernicusDataSearcher()
        searcher.query_by_filter(
            base_url=f"{catalogue}/Products", collection_name="SENTINEL-2", product_type="S2MSI2A",
            start_date=start, end_date=stop, top=1000, count=True,
        )  # fmt: skip
        names = list(searcher.execute_query()["Name"])
    seconds = time.perf_counter() - began
    lines = [line for line in said.getvalue().splitlines() if line.startswith("Warning")]
    return {"seconds": seconds, "names": names, "said": f"{len(lines)} warnings printed" if lines else ""}


serve(work)
