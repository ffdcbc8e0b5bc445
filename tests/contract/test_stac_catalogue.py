"""The catalogue read to its end, and the API over it, against a service that answers from a list."""

from __future__ import annotations

import base64
import itertools
import re
import uuid
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from phistac.errors import CatalogueError, IncompleteResultError, NotFoundError, QueryError, ServiceError
from phistac.odata.query import Query
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.stacapi.api import Api
from phistac.settings import Settings

_START = datetime(2024, 1, 1, tzinfo=UTC)
_BOUND = re.compile(r"ContentDate/Start lt (\S+)")


def _row(number):
    at = (_START + timedelta(seconds=number // 3)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "Id": f"{number:08d}",
        "Name": f"S2A_MSIL2A_{number:08d}.SAFE",
        "S3Path": f"/eodata/Sentinel-2/S2A_MSIL2A_{number:08d}.SAFE",
        "ContentDate": {"Start": at, "End": at},
        "PublicationDate": at,
        "GeoFootprint": {"type": "Point", "coordinates": [0.0, 0.0]},
    }


class _Service:
    """Answers ``GET`` as the catalogue does, newest first; ``spoil`` may do something to the n-th answer."""

    def __init__(self, rows, spoil=lambda number, answer: answer):
        self.rows = sorted(rows, key=lambda row: (row["ContentDate"]["Start"], row["Id"]), reverse=True)
        self.asked = []
        self.spoil = spoil

    def get_json(self, url, params=None):
        self.asked.append((url, params))
        bound = _BOUND.search(params.get("$filter", ""))
        found = [row for row in self.rows if bound is None or row["ContentDate"]["Start"] < bound[1]]
        assert int(params["$top"]) <= 1000
        skip = int(params.get("$skip", 0))
        answer = {"value": found[skip : skip + int(params["$top"])]}
        if "$count" in params:
            answer["@odata.count"] = len(found)
        return self.spoil(len(self.asked), answer)

    def dated_json(self, method, url, *, params):
        return self.get_json(url, params), "Mon, 01 Jan 2024 12:00:00 GMT"

    def close(self):
        pass


def _catalogue(rows, **options):
    service = _Service(rows, **options)
    return Catalogue(Settings(), http=service), service


def test_any_number_of_rows_each_once():
    catalogue, service = _catalogue([_row(number) for number in range(4321)])
    delivered = [row["Id"] for row in catalogue.rows(Query(), verify=True)]
    assert sorted(delivered) == [f"{number:08d}" for number in range(4321)]
    assert service.asked[0][0] == "https://catalogue.dataspace.copernicus.eu/odata/v1/Products"
    assert "$count" in service.asked[0][1]


def test_a_limit_is_of_the_whole_and_no_page_is_asked_for_too_much():
    catalogue, service = _catalogue([_row(number) for number in range(2500)])
    assert len(list(catalogue.rows(Query(top=1200)))) == 1200
    # Rows come three to a time stamp; those at the edge of the first page come again.
    assert [params["$top"] for _, params in service.asked] == ["1000", "203"]
    service.asked.clear()
    assert list(catalogue.rows(Query(top=0))) == []


def test_pages_are_asked_for_when_they_are_needed():
    catalogue, service = _catalogue([_row(number) for number in range(5000)])
    rows = catalogue.rows(Query())
    assert len(list(itertools.islice(rows, 999))) == 999
    assert len(service.asked) == 1


def test_a_page_that_cannot_be_had_is_never_a_short_result():
    def spoil(number, answer):
        if number == 3:
            raise ServiceError("GET /Products failed")
        return answer

    catalogue, _ = _catalogue([_row(number) for number in range(5000)], spoil=spoil)
    with pytest.raises(
        IncompleteResultError,
        match=r"after \d+ records a page could not be had: Products until ContentDate/Start 2024-01-01T",
    ):
        list(catalogue.rows(Query()))


def test_the_first_page_fails_as_itself():
    def spoil(number, answer):
        raise ServiceError("no network")

    catalogue, _ = _catalogue([], spoil=spoil)
    with pytest.raises(ServiceError, match="no network"):
        list(catalogue.rows(Query()))


def test_fewer_rows_than_counted_is_an_error():
    def spoil(number, answer):
        return {**answer, "@odata.count": 7}

    catalogue, _ = _catalogue([_row(1)], spoil=spoil)
    with pytest.raises(IncompleteResultError, match="counted 7 records of Products and delivered 1"):
        list(catalogue.rows(Query(), verify=True))


def test_a_short_page_with_a_next_link_is_not_the_last():
    def spoil(number, answer):
        if number == 1:
            return {"value": answer["value"][:10], "@odata.nextLink": "https://x"}
        return answer

    catalogue, _ = _catalogue([_row(number) for number in range(50)], spoil=spoil)
    assert len({row["Id"] for row in catalogue.rows(Query())}) == 50


@pytest.mark.parametrize("answer", [[], {}, {"value": None}, {"detail": "x"}])
def test_what_is_no_answer_is_refused(answer):
    catalogue, _ = _catalogue([], spoil=lambda number, _: answer)
    with pytest.raises(CatalogueError, match="no list of records"):
        list(catalogue.rows(Query()))


def test_pages_of_the_api_are_resumed_by_token():
    catalogue, _ = _catalogue([_row(number) for number in range(250)])
    api = Api(catalogue, root="https://here")
    params, seen, pages = {"collections": ["sentinel-2-l2a"], "limit": 40}, [], 0
    while params is not None:
        answer = Api(catalogue, root="https://here").handle("POST", "/search", params)  # nothing is kept between pages
        assert answer["numberReturned"] == len(answer["features"]) <= 40
        assert "numberMatched" not in answer
        seen += [each["id"] for each in answer["features"]]
        pages += 1
        params = next((link["body"] for link in answer["links"] if link["rel"] == "next"), None)
    assert len(seen) == len(set(seen)) == 250
    assert pages == 7
    with pytest.raises(QueryError, match="token"):
        api.handle("POST", "/search", {"collections": ["sentinel-2-l2a"], "token": "?"})
    assert api.handle("POST", "/search", {"collections": ["sentinel-2-l2a"], "limit": 1})["numberMatched"] == 250


@pytest.mark.parametrize("place", ['[0,{"e":[1]}]', "[1e999,{}]", "[7,{}]", '[0,{"n":[[5]]}]', "{}", "[0]", "[0,[]]"])
def test_a_token_that_somebody_made_up_is_refused(place):
    catalogue, _ = _catalogue([_row(number) for number in range(9)])
    token = base64.urlsafe_b64encode(zlib.compress(place.encode())).decode()
    with pytest.raises(QueryError, match="token"):
        Api(catalogue).handle("POST", "/search", {"collections": ["sentinel-2-l2a"], "token": token})


def test_a_token_stays_short_where_hundreds_share_one_time():
    rows = [{**_row(0), "Id": str(uuid.uuid4()), "Name": f"S2A_{number}.SAFE"} for number in range(300)]
    catalogue, _ = _catalogue(rows)
    answer = Api(catalogue).handle("GET", "/search", {"collections": "sentinel-2-l2a", "limit": "200"})
    following = next(link["href"] for link in answer["links"] if link["rel"] == "next")
    assert len(following) < 8000, "what most servers take as an address"


def test_get_links_carry_the_search():
    catalogue, _ = _catalogue([_row(number) for number in range(5)])
    api = Api(catalogue, root="https://here")
    answer = api.handle("GET", "/collections/sentinel-2-l2a/items", {"limit": "2", "bbox": "0,0,1,1"})
    following = next(link for link in answer["links"] if link["rel"] == "next")
    assert following["href"].startswith(
        "https://here/collections/sentinel-2-l2a/items?limit=2&bbox=0%2C0%2C1%2C1&token="
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/collections/sentinel-2-l2a/nothing", "/collections/sentinel-2-l2a/items/x/y"]
)
def test_paths_that_are_not(path):
    catalogue, _ = _catalogue([])
    with pytest.raises(NotFoundError, match="nothing at"):
        Api(catalogue).handle("GET", path)
