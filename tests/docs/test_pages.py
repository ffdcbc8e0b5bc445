"""The Python on the pages of the documentation runs as it stands, block after block, on the sandbox."""

from __future__ import annotations

import doctest
import re
from functools import partial
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import phistac
from phistac.cli import EXITS

_ROOT = Path(__file__).parent.parent.parent
_DOCS = _ROOT / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DURATION = re.compile(r"in [\d.]+ s \([\d.]+ [kMG]?B/s\)")


@pytest.fixture
def names(seeded_root, tmp_path, monkeypatch):
    """What the Python of a page has named so far."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phistac, "Sandbox", partial(phistac.Sandbox, root=seeded_root))  # built once for all tests
    made = {}
    try:
        with mpl.rc_context({"backend": "agg"}):
            yield made
    finally:
        plt.close("all")
        if "cdse" in made:
            made["cdse"].stop()


@pytest.mark.parametrize("page", ["first-steps.md", "reading.md"])
def test_a_page_runs(page, names):
    text = (_DOCS / page).read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    assert len(blocks) > 3
    for found in blocks:
        line = text.count("\n", 0, found.start()) + 1
        exec(compile("\n" * line + found[1], page, "exec"), names)


class _Checker(doctest.OutputChecker):
    """Takes one duration for another."""

    def check_output(self, want, got, optionflags):
        return super().check_output(_DURATION.sub("in a while", want), _DURATION.sub("in a while", got), optionflags)


def test_the_readme_prints_what_it_says(names):
    (block,) = _BLOCK.findall((_ROOT / "README.md").read_text(encoding="utf-8"))
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
    assert sum(bool(example.want) for example in test.examples) == 3
    test.globs = names  # the fixture stops the sandbox that is named there
    report = []
    runner = doctest.DocTestRunner(checker=_Checker(), optionflags=doctest.ELLIPSIS)
    result = runner.run(test, out=report.append, clear_globs=False)
    assert result.failed == 0, "".join(report)


def test_every_page_is_in_the_index():
    index = (_DOCS / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in _DOCS.glob("*.md")} - {"index.md"}
    assert pages == set(re.findall(r"\]\(([a-z-]+\.md)\)", index))


def test_the_exit_codes_on_the_page_are_those_of_the_program():
    page = (_DOCS / "command-line.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert listed == [tuple(line.split(maxsplit=1)) for line in EXITS.splitlines()[1:]]
