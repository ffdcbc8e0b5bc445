"""What a search may name: whatever an Item says, and nothing that is misspelled."""

from __future__ import annotations

import pytest

from phistac.errors import QueryError
from phistac.odata.records import product
from phistac.stac.collections import all_collections, collection
from phistac.stac.items import item
from phistac.stac.properties import known, properties


def test_everything_that_real_items_say_can_be_searched_by(record_rows):
    unknown = set()
    for name, row in record_rows:
        made = item(product(row))
        table = properties(collection(made["collection"]))
        plain = {key for key, value in made["properties"].items() if not isinstance(value, dict)}
        unknown |= {(name, made["collection"], key) for key in plain - set(table)}
    assert not unknown


def test_every_collection_has_properties():
    for each in (None, *all_collections().values()):
        table = properties(each)
        assert {"id", "geometry", "datetime", "collection"} <= set(table)
        assert all(prop.name == name for name, prop in table.items())


@pytest.mark.parametrize(
    ("name", "where", "hint"),
    [
        ("cloud_cover", "sentinel-2-l2a", "eo:cloud_cover"),
        ("properties.orbit_state", "sentinel-1-slc", "sat:orbit_state"),
        ("sat:relative_orbits", "sentinel-1-slc", "sat:relative_orbit"),
        ("odata:orbitnumber", "sentinel-1-slc", "odata:orbitNumber"),
        ("eo:cloud_cover", "sentinel-1-slc", "queryables"),
        ("sar:polarizations", "sentinel-2-l2a", "queryables"),
        ("burst:id", "sentinel-1-slc", "sentinel-1-slc-burst"),
    ],
)
def test_what_nothing_has_is_refused(name, where, hint):
    with pytest.raises(QueryError, match=hint):
        known(name, collection(where))
