"""The Python on the pages of the documentation runs as it stands, block after block, on the sandbox."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import phistac

_DOCS = Path(__file__).parent.parent.parent / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["first-steps.md", "reading.md"])
def test_a_page_runs(page, seeded_root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phistac, "Sandbox", partial(phistac.Sandbox, root=seeded_root))  # built once for all tests
    text = (_DOCS / page).read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    assert len(blocks) > 3
    names = {}
    try:
        with mpl.rc_context({"backend": "agg"}):
            for found in blocks:
                line = text.count("\n", 0, found.start()) + 1
                exec(compile("\n" * line + found[1], page, "exec"), names)
    finally:
        plt.close("all")
        if "cdse" in names:
            names["cdse"].stop()


def test_every_page_is_in_the_index():
    index = (_DOCS / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in _DOCS.glob("*.md")} - {"index.md"}
    assert pages == set(re.findall(r"\]\(([a-z-]+\.md)\)", index))
