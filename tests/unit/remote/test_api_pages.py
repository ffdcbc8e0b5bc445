"""How many requests a page of a search costs."""

from __future__ import annotations

from phistac.odata.paging import Position
from phistac.remote.catalogue.catalogue import Page
from phistac.remote.stacapi.api import Api
from phistac.settings import Settings

ROW = {
    "Id": "c23cbf8d-b82c-4bfa-8d2b-9a5f0c8e4d11",
    "Name": "S2B_MSIL2A_20250501T095029_N0511_R079_T33TVF_20250501T152629.SAFE",
    "S3Path": "/eodata/Sentinel-2/S2B_MSIL2A_20250501T095029_N0511_R079_T33TVF_20250501T152629.SAFE",
    "ContentDate": {"Start": "2025-05-01T09:50:29.024000Z", "End": "2025-05-01T09:50:29.024000Z"},
}


class Overlapping:
    """A catalogue whose pages repeat the last row of the one before, so that one of 1000 brings 999 new rows."""

    settings = Settings()

    def __init__(self):
        self.asked = []

    def page(self, query, position, *, size):
        self.asked.append(size)
        return Page((ROW,) * min(size, 999), Position(edges=("2025-05-01T09:50:29.024000Z",)))


def test_a_page_that_lacks_the_overlapping_row_is_not_filled_up_by_a_second_request():
    catalogue = Overlapping()
    answer = Api(catalogue).handle("POST", "/search", {"collections": ["sentinel-2-l2a"]})
    assert catalogue.asked == [1000]
    assert answer["numberReturned"] == 999
    assert [link for link in answer["links"] if link["rel"] == "next"]


def test_small_pages_are_filled_up():
    catalogue = Overlapping()
    answer = Api(catalogue).handle("POST", "/search", {"collections": ["sentinel-2-l2a"], "limit": 10})
    assert answer["numberReturned"] == 10
