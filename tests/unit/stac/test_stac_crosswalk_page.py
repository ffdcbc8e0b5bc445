"""The page of the documentation that is made from the tables."""

from __future__ import annotations

from pathlib import Path

from phistac.odata.attributes import ATTRIBUTES
from phistac.stac.crosswalk import crosswalk_page

_PAGE = Path(__file__).parents[3] / "docs" / "crosswalk.md"


def test_the_page_is_up_to_date():
    assert _PAGE.read_text(encoding="utf-8") == crosswalk_page(), "run python docs/make_crosswalk.py"


def test_the_page_has_every_attribute():
    page = crosswalk_page()
    assert all(f"| `{row.odata}` | {row.type} |" in page for row in ATTRIBUTES)
    assert "| `sat:relative_orbit` | yes | `relativeOrbitNumber` | Integer | eq, lt, le, gt, ge |" in page
