"""Searches over HTTP on real records: what was recorded from the service comes out again."""

from __future__ import annotations

import json
import uuid


def test_every_real_row_comes_back(served):
    page = served.get(
        "Products",
        expand="Attributes,Assets,Locations",
        top=1000,
        orderby="ContentDate/Start asc",
        count="true",
    )
    assert page["@odata.count"] == len(served.products) == len(page["value"])
    assert page["@odata.context"] == "$metadata#Products(Attributes(),Assets(),Locations())"
    for row in page["value"]:
        real = served.products[row["Id"]]
        text = json.dumps(row).replace(f"{served.url}/odata/v1", "https://catalogue.dataspace.copernicus.eu/odata/v1")
        expanded = {"Attributes": [], "Assets": [], "Locations": []}
        assert json.loads(text) == {**expanded, **real}


def test_pages_walk_to_the_end_in_order(served):
    url = f"{served.url}/odata/v1/Products?$filter=Collection/Name eq 'SENTINEL-1'&$orderby=ContentDate/Start desc&$top=7&$count=True"
    seen, count = [], 0
    while url:
        page = served.http.get(url).json()
        seen += [(row["ContentDate"]["Start"], row["Id"]) for row in page["value"]]
        count, url = page["@odata.count"], page.get("@odata.nextLink")
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == count
    assert {i for _, i in seen} == {i for i, row in served.products.items() if "/Sentinel-1/" in row["S3Path"]}


def test_raw_and_encoded_queries_mean_the_same(served):
    text = "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'polarisationChannels' and att/OData.CSC.StringAttribute/Value eq 'VV&VH')"
    encoded = served.get("Products", filter=text, count="1", top=0)["@odata.count"]
    raw = served.http.get(f"{served.url}/odata/v1/Products?$filter={text.replace('&', '%26')}&$count=1&$top=0").json()
    assert encoded == raw["@odata.count"] > 0


def test_families_and_twins(served):
    text = "Attributes/OData.CSC.StringAttribute/any(a:a/Name eq 'productType' and a/OData.CSC.StringAttribute/Value eq '{}')"
    counts = {
        t: served.get("Products", filter=text.format(t), count="1")["@odata.count"]
        for t in ("SLC", "GRD", "GRD-COG", "IW_GRDH_1S")
    }
    expected = dict.fromkeys(counts, 0)
    for row in served.products.values():
        for attribute in row.get("Attributes", ()):
            if attribute["Name"] == "productType":
                family = {"IW_SLC__1S": "SLC", "IW_GRDH_1S": "GRD", "IW_GRDH_1S-COG": "GRD-COG"}.get(attribute["Value"])
                for name in {family, attribute["Value"]} & expected.keys():
                    expected[name] += 1
    assert counts == expected
    assert all(counts.values())


def test_single_rows_and_headers(served):
    row = next(row for row in served.products.values() if row.get("Assets"))
    answer = served.http.get(f"{served.url}/odata/v1/Products({row['Id']})?$expand=Assets")
    assert answer.json()["@odata.context"] == "$metadata#Products(Assets())/$entity"
    assert answer.json()["Name"] == row["Name"]
    assert uuid.UUID(answer.headers["request-id"])
    assert int(answer.headers["x-envoy-upstream-service-time"]) >= 0
    assert answer.headers["access-control-allow-origin"] == "*"
    assert served.get(f"Products({uuid.uuid4()})", 404) == {"detail": "Product not found in catalogue"}
    assert served.get("Products(x)", 404) == {"detail": "Invalid odata path"}
    assert served.get("Nothing", 404) == {"detail": "Invalid odata path"}
    assert served.get(f"Bursts({uuid.uuid4()})", 404) == {"detail": "Not Found"}


def test_bursts(served, real_data):
    page = served.get("Bursts", filter="BurstId eq 15805 and SwathIdentifier eq 'IW1' and PolarisationChannels eq 'VH'")
    assert page["@odata.context"] == "$metadata#Bursts"
    assert [row["Id"] for row in page["value"]] == [served.burst_id]
    recorded = json.loads((real_data / "cdse/odata_bursts/docs_burst_15805_IW1_VH_entity.json").read_text())
    assert list(served.get(f"Bursts({served.burst_id})")) == list(recorded)


def test_deleted_products(served):
    page = served.get("DeletedProducts", filter="DeletionCause eq 'Corrupted product'", orderby="DeletionDate desc")
    assert [row["Name"] for row in page["value"]] == [served.olci]
    assert served.get(f"DeletedProducts({page['value'][0]['Id']})")["DeletionCause"] == "Corrupted product"


def test_attribute_tables(served, real_data):
    recorded = json.loads((real_data / "cdse/odata_attributes/attributes_SENTINEL-1.json").read_text())
    assert served.get("Attributes(SENTINEL-1)") == recorded
    assert served.get("Attributes(SENTINEL1)", 404) == {"detail": "Not Found"}


def test_filter_list(served):
    names = sorted({row["Name"] for row in served.products.values()})[:5]
    body = {"FilterProducts": [{"Name": name} for name in [*names, "xxxxxxxx.06.tar"]]}
    url = f"{served.url}/odata/v1/Products/OData.CSC.FilterList"
    page = served.http.post(url, json=body).json()
    assert sorted(row["Name"] for row in page["value"]) == names
    assert served.http.post(url, json={"Products": []}).status_code == 422
    assert served.http.post(url, data=b"no json").status_code == 422


def test_quicklooks(served):
    answer = served.http.get(f"{served.url}/odata/v1/Assets({served.quicklook_id})/$value")
    assert (answer.headers["content-type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert served.get(f"Assets({uuid.uuid4()})/$value", 404) == {"detail": "Not Found"}


def test_odd_bytes_are_answers_not_accidents(served):
    url = f"{served.url}/odata/v1/Products"
    for query in ("$filter=Name%20eq%20'%ff%00'", "$filter=%E2%82", "$top=" + "9" * 5000, "$filter=" + "(" * 3000):
        assert served.http.get(f"{url}?{query}").status_code in {200, 400, 422}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = served.http.post(
        served.url + "/auth/realms/cdse/protocol/openid-connect/token", data=b"\xff=1", headers=form
    )
    assert answer.status_code == 401
    assert served.http.get(url, params={"$top": "1"}, headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_moving_catalogue(served):
    row = {**served.olci_row(), "Id": str(uuid.uuid4()), "Name": "S3B_NEW.SEN3"}
    control = f"{served.url}/_sandbox/catalogue"
    assert served.http.post(f"{control}/publish", json=[row]).json() == {"published": 1}
    assert served.get("Products", filter="Name eq 'S3B_NEW.SEN3'")["value"][0]["Id"] == row["Id"]
    gone = {"ids": [row["Id"]], "at": "2025-01-01T00:00:00Z", "cause": "Duplicated product"}
    assert served.http.post(f"{control}/delete", json=gone).json() == {"deleted": 1}
    assert served.get("Products", filter="Name eq 'S3B_NEW.SEN3'")["value"] == []
    assert served.get(f"DeletedProducts({row['Id']})")["DeletionCause"] == "Duplicated product"
    for bad in ({"Id": 1}, [{"Name": "x"}], [{"Id": "x", "ContentDate": {"Start": "soon"}}]):
        assert served.http.post(f"{control}/publish", json=bad).status_code == 422
