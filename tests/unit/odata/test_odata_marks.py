"""Marks: what is new, updated and gone, and what is forgotten."""

from __future__ import annotations

import json
from datetime import timedelta

from phistac.odata.marks import Marks, Step, behind

_HOUR = timedelta(hours=1)


def _at(hour, minute=0):
    return f"2024-08-01T{hour:02d}:{minute:02d}:00.000000Z"


def _marks():
    marks = Marks()
    marks.note(Step("begun", at=_at(9)))
    marks.note(Step("added", "early", _at(8), _at(8)))
    marks.note(Step("added", "late", _at(12), _at(12)))
    return marks


def test_behind_the_beginning_is_the_beginning():
    assert behind("", _HOUR) == ""
    assert behind(_at(12), _HOUR) == _at(11)


def test_what_was_reported_is_not_new():
    marks = _marks()
    assert not marks.is_new("late")
    assert marks.is_new("another")


def test_only_what_was_reported_before_can_be_updated():
    marks = _marks()
    assert marks.is_updated("late", _at(12), _at(13), _HOUR)
    assert not marks.is_updated("late", _at(12), _at(12), _HOUR)
    assert marks.is_updated("long known", _at(10, 59), _at(13), _HOUR)
    # Published within the overlap and never seen: visible only now, it will be reported as added.
    assert not marks.is_updated("not seen yet", _at(11), _at(13), _HOUR)
    assert not marks.is_updated("newer", _at(13), _at(13), _HOUR)


def test_deletions_are_reported_once():
    marks = _marks()
    assert marks.is_gone("late", _at(14))
    marks.note(Step("deleted", "late", "", _at(14)))
    assert not marks.is_gone("late", _at(14))
    assert marks.deleted == _at(14)


def test_marks_do_not_go_back():
    marks = _marks()
    marks.note(Step("added", "visible late", _at(11, 30), _at(11, 30)))
    assert marks.added == _at(12)


def test_what_lies_before_the_overlap_is_forgotten():
    marks = _marks()
    marks.note(Step("known", at=_at(12)))
    marks.note(Step("deleted", "x", "", _at(10)))
    marks.note(Step("deleted", "y", "", _at(14)))
    marks.forget(_HOUR)
    assert set(marks.recent) == {"late"}
    assert set(marks.gone) == {"y"}


def test_a_modification_that_may_come_again_is_kept():
    marks = _marks()  # modifications are followed from 9:00 on: "early", of 8:00, lies just within the overlap
    marks.forget(_HOUR)
    assert set(marks.recent) == {"early", "late"}


def test_noting_twice_is_noting_once_and_json_keeps_all():
    marks, again = _marks(), _marks()
    for step in (
        Step("updated", "late", _at(12), _at(13)),
        Step("known", at=_at(13)),
        Step("deleted", "z", "", _at(9)),
    ):
        marks.note(step)
        again.note(step)
        again.note(Step(*json.loads(json.dumps(step))))
    assert marks == again == Marks.from_json(json.loads(json.dumps(marks.to_json())))


def test_who_waits_is_known_and_forgotten_after_three_days():
    marks = _marks()
    marks.note(Step("waiting", "slc", _at(13), _at(13)))
    assert not marks.is_new("slc")
    assert Marks.from_json(marks.to_json()).waiting == {"slc": (_at(13), _at(13))}
    marks.note(Step("added", "next", "2024-08-04T12:00:00.000000Z", "2024-08-04T12:00:00.000000Z"))
    marks.forget(_HOUR)
    assert set(marks.waiting) == {"slc"}
    marks.note(Step("added", "last", "2024-08-04T13:30:00.000000Z", "2024-08-04T13:30:00.000000Z"))
    marks.forget(_HOUR)
    assert not marks.waiting


def test_who_waited_long_enough_does_not_wait_any_more():
    marks = _marks()
    marks.note(Step("waiting", "slc", _at(13), _at(13)))
    marks.note(Step("added", "slc", _at(13), _at(13)))
    assert not marks.waiting
