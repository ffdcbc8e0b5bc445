"""Burst ids, their spellings and their tracks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import QueryError
from phistac.safe.sentinel1.bursts import burst_id, track_of
from phistac.stac.burst_ids import BurstKey, burst_key

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


# From the start of sensing in a sub-swath of IW to that in the first one (s1-reader's figures, which ours follow).
_AFTER_FIRST_S = {"IW1": 0.0, "IW2": 0.832, "IW3": 1.910}
_ORBIT_S = 12 * 86400 / 175


@given(_NUMBERS, _SWATHS, st.floats(-0.1, 0.1), st.booleans())
def test_an_annotation_names_its_bursts_as_the_catalogue_does(number, swath, jitter_s, early):
    """A burst of a product that begins on the burst's own track, or on the one before: one id, on every date."""
    key = BurstKey(number, swath)
    begins_s = (number - 0.5) * 2.758273 + 2.299849 - 1.371  # the cycle, after the first node of the repeat cycle
    since_node_s = begins_s - (key.track - 1) * _ORBIT_S + _AFTER_FIRST_S[swath] + jitter_s
    assert -0.2 < since_node_s < _ORBIT_S + 2.2
    orbit = (key.track - 2) % 175 + 1 if early else key.track
    found = burst_id(
        swath=swath,
        sensing_anx_time=since_node_s + (_ORBIT_S if early else 0.0),
        relative_orbit=orbit,
        crosses_node=early,
    )
    if found.relative == number:
        assert found.text(swath) == str(key)
    else:  # the node lies within the cycle, and the product says that its orbit ends before: the number wraps there
        assert since_node_s < 0 or since_node_s + _ORBIT_S > _ORBIT_S
        assert min(since_node_s, abs(since_node_s - _ORBIT_S)) < 3.0


@pytest.mark.parametrize("number", [2148, 2149, 32321, 32322, 94509, 375886, 375887, 1])
@pytest.mark.parametrize("swath", ["IW1", "IW2", "IW3", "EW1", "EW5"])
def test_one_formula_near_the_node(number, swath):
    stated = burst_id(swath=swath, sensing_anx_time=1.0, relative_orbit=7, stated=number)
    assert stated.text(swath) == str(BurstKey(number, swath))


def test_real_annotations_and_the_catalogue_agree(real_data):
    from phistac.safe.manifest import parse_manifest
    from phistac.safe.sentinel1.bursts import burst_ids
    from phistac.safe.xml import parse, text

    count, stated = 0, 0
    for folder in sorted((real_data / "safe" / "sentinel-1").glob("S1*_SLC_*")):
        manifest = parse_manifest((folder / "manifest.safe").read_bytes())
        for path in sorted((folder / "annotation").glob("*.xml")):
            root = parse(path.read_bytes())
            swath = text(root, "adsHeader/swath")
            for found in burst_ids(root, relative_orbit=manifest.relative_orbit):
                assert found.text(swath) == str(BurstKey(found.relative, swath))
                assert found.track == manifest.relative_orbit
                count += 1
            stated += len(root.findall("swathTiming/burstList/burst/burstId"))
    assert (count, stated) == (116, 54)
