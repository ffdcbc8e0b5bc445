"""Burst ids, their spellings and their tracks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import QueryError
from phistac.stac.burst_ids import BurstKey, burst_key, track_of

_NUMBERS = st.integers(1, 375887)  # as many as the repeat cycle of IW has
_SWATHS = st.sampled_from(["IW1", "IW2", "IW3"])


@given(_NUMBERS, _SWATHS)
def test_both_spellings_mean_the_same_burst(number, swath):
    key = BurstKey(number, swath)
    assert burst_key(str(key)) == key
    assert burst_key(f"{key.track:03d}_{number:06d}_{swath}") == key  # as ASF writes it
    assert 1 <= key.track <= 175


@given(st.integers(1, 375886))
def test_tracks_follow_each_other(number):
    step = (track_of(number + 1, "IW") - track_of(number, "IW")) % 175
    assert step in {0, 1}


def test_a_track_has_2148_bursts_or_so():
    # 12 days / 175 tracks / 2.758273 s
    lengths = [sum(track_of(number, "IW") == track for number in range(1, 7000)) for track in (1, 2)]
    assert all(abs(length - 2147.9) < 2 for length in lengths)


def test_the_cycle_ends_where_it_began():
    assert track_of(1, "IW") == 1
    assert track_of(375887, "IW") == 175


def test_a_track_one_apart_is_the_same_burst_two_apart_is_a_mistake():
    assert burst_key("t007_015804_iw2") == BurstKey(15804, "IW2")
    with pytest.raises(QueryError, match="Did you mean t008_015804_iw2"):
        burst_key("t044_015804_iw2")


@pytest.mark.parametrize("text", ["", "IW2", "t008_15804", "t008_015804_iw4x", "t008_000000_iw2", "S1A_IW_SLC"])
def test_what_is_no_burst_id_is_refused(text):
    with pytest.raises(QueryError):
        burst_key(text)
