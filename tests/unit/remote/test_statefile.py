"""The state file: whole or as it was, alone, and with what was done since."""

from __future__ import annotations

import pytest

from phistac.errors import ConfigurationError
from phistac.remote.catalogue.statefile import StateFile


def test_nothing_then_saved_then_noted(tmp_path):
    path = tmp_path / "s.json"
    with StateFile(path) as file:
        assert file.load() == (None, [])
        file.save({"a": 1})
        file.note([0, "x"])
        file.note([1, "y"])
    with StateFile(path) as file:
        assert file.load() == ({"a": 1}, [[0, "x"], [1, "y"]])
        file.save({"a": 2})
        assert file.load() == ({"a": 2}, [])
    assert [each.name for each in tmp_path.glob("s*")] == ["s.json"]


def test_a_line_that_was_being_written_is_not_done(tmp_path):
    path = tmp_path / "s.json"
    with StateFile(path) as file:
        file.note([1])
        with (tmp_path / "s.json.journal").open("ab") as journal:
            journal.write(b'[2,"hal')
        assert file.load() == (None, [[1]])


def test_alone(tmp_path):
    with (
        StateFile(tmp_path / "s.json"),
        pytest.raises(ConfigurationError, match="another run"),
        StateFile(tmp_path / "s.json"),
    ):
        pass


def test_what_cannot_be_read_or_kept_is_said(tmp_path):
    (tmp_path / "s.json").write_text("{")
    with StateFile(tmp_path / "s.json") as file, pytest.raises(ConfigurationError, match="not JSON"):
        file.load()
    with pytest.raises(ConfigurationError, match="cannot be kept"), StateFile(tmp_path / "none" / "s.json"):
        pass
