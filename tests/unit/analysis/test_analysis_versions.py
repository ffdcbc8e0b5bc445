"""One version of each acquisition: what belongs together, which is kept, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.analysis.versions import Facts, choose
from phistac.errors import QueryError


def _s2(
    tile="54PXA",
    baseline="0500",
    made="20230413T212505",
    kind="MSIL1C",
    start="20200808T010311",
    strip=None,
    **properties,
):
    name = f"S2A_{kind}_{start}_N{baseline}_R045_T{tile}_{made}"
    if strip is not None:
        processed = f"N{baseline[:2]}.{baseline[2:]}"
        properties["eopf:datastrip_id"] = f"S2A_OPER_MSI_L1C_DS_2APS_{made}_S{strip}_{processed}"
    return Facts(name, properties)


def _s1(unique="FC4D", *, kind="GRDH", twin=False, start="055836", **properties):
    return Facts(
        f"S1A_IW_{kind}_1SDV_20250828T{start}_20250828T055901_060732_078EF5_{unique}{'_COG' if twin else ''}",
        properties,
    )


def _kept(*facts):
    gone = {choice.dropped for choice in choose(facts)}
    return [each.id for at, each in enumerate(facts) if at not in gone]


def _reasons(*facts):
    return [(choice.dropped, choice.kept, choice.reason) for choice in choose(facts)]


_STRIP = "20200808T010309"


def test_sentinel_2_keeps_the_highest_baseline_then_the_newest_processing():
    old = _s2(baseline="0209", made="20200808T022415", strip=_STRIP)
    new = _s2(baseline="0500", made="20230413T212505", strip=_STRIP)
    assert _reasons(new, old) == [(1, 0, "processed with a lower baseline")]
    # An old baseline that was processed again yesterday is still the old one.
    late = _s2(baseline="0209", made="20260101T000000", strip=_STRIP)
    assert _kept(late, new, old) == [new.id]
    again = _s2(baseline="0500", made="20240101T000000", strip=_STRIP)
    assert _reasons(again, new) == [(1, 0, "processed earlier")]


def test_the_parts_of_a_tile_split_between_datastrips_are_both_kept():
    one = _s2(made="20230413T212505", strip="20200808T010309")
    two = _s2(made="20230413T213000", strip="20200808T010320")
    assert _kept(one, two) == [one.id, two.id]
    older = _s2(baseline="0209", made="20200808T030000", strip="20200808T010320")
    assert _reasons(one, older, two) == [(1, 2, "processed with a lower baseline")]


def test_without_datastrips_only_lower_baselines_go():
    one, two = _s2(made="20230413T212505"), _s2(made="20230413T213000", strip=_STRIP)
    older = _s2(baseline="0209", made="20200808T030000")
    assert _kept(one, older, two) == [one.id, two.id]


@pytest.mark.parametrize("other", [{"tile": "54PXB"}, {"kind": "MSIL2A"}, {"start": "20200808T010312"}])
def test_other_tiles_levels_and_datatakes_are_other_acquisitions(other):
    first, second = _s2(strip=_STRIP), _s2(baseline="0511", strip=_STRIP, **other)
    assert _kept(first, second) == [first.id, second.id]


def test_sentinel_1_names_that_differ_in_the_last_four_characters():
    old = _s1("FC4D", **{"processing:datetime": "2025-08-28T06:35:17.551141Z"})
    new = _s1("0001", **{"processing:datetime": "2026-01-01T00:00:00.000000Z"})
    assert _reasons(new, old) == [(1, 0, "processed earlier")]
    assert _kept(old, _s1("0001", start="055837")) == [old.id, _s1("0001", start="055837").id]
    assert _kept(old, _s1("0001", kind="SLC_")) == [old.id, _s1("0001", kind="SLC_").id]


def test_the_original_is_kept_before_its_twin():
    """As recorded: the twin has another code, and a later processing date, that of its conversion."""
    original = _s1("FC4D", **{"processing:datetime": "2025-08-28T06:35:17.551141Z"})
    twin = _s1("BD98", twin=True, **{"processing:datetime": "2025-08-28T08:57:58.020000Z"})
    assert _reasons(twin, original) == [(0, 1, "the cloud optimized twin of one that is kept")]
    later = _s1("0001", twin=True, **{"processing:datetime": "2026-08-28T08:57:58.020000Z"})
    assert _kept(twin, later) == [later.id]


def test_the_first_time_that_all_have_decides():
    one = _s1("FC4D", published="2025-01-01T00:00:00Z", created="2025-01-01T00:00:00.123Z")
    two = _s1("0001", published="2025-01-02T00:00:00Z")
    assert _kept(one, two) == [two.id]
    silent = [_s1("FC4D"), _s1("0001")]
    assert _reasons(*silent) == [(1, 0, "processed again; which is the newer is not said, kept by name")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "S3A_OL_2_LFR____20240701T000118_20240701T000418_20240702T004652_0179_114_116_1800_PS1_O_NT_002",
            "S3A_OL_2_LFR____20240701T000118_20240701T000418_20250702T004652_0179_114_116_1800_MAR_R_NT_003",
        ),
        (
            "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_01_010302_20200306T053815",
            "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_03_020400_20221106T094213",
        ),
    ],
)
def test_other_missions(old, new):
    assert _kept(Facts(old, {}), Facts(new, {})) == [new]


def test_what_is_not_for_certain_the_same_is_kept():
    names = [
        "S3A_OL_2_LFR____20240701T000118_20240701T000418_20240702T004652_0179_114_116_1800_PS1_O_NT_002",
        "S3A_OL_2_LFR____20240701T000118_20240701T000418_20240701T024652_0179_114_116_1800_PS1_O_NR_002",
        "S5P_OFFL_L2__NO2____20200303T013547_20200303T031717_12367_01_010302_20200306T053815",
        "S5P_RPRO_L2__NO2____20200303T013547_20200303T031717_12367_03_020400_20221106T094213",
        "S1A_AUX_INS_V20140406T010000_G20140409T142540",
        "S1A_AUX_INS_V20140406T010000_G20150409T142540",
        "LC08_L1TP_191027_20230815_20230819_02_T1",
        "S2A_OPER_PRD_MSIL1C_PDMC_20160412T043240_R050_V20160411T101025",
    ]
    assert _kept(*(Facts(name, {}) for name in names)) == names


def test_the_same_twice_is_kept_once():
    one = Facts("X", {})
    assert _reasons(one, one, Facts("Y", {}), one) == [
        (1, 0, "the same product again"),
        (3, 0, "the same product again"),
    ]


def test_a_time_that_is_none_is_named():
    with pytest.raises(QueryError, match="published of S1A_IW_GRDH"):
        choose([_s1("FC4D", published="yesterday"), _s1("0001", published="2025-01-01T00:00:00Z")])


_STAMPS = st.sampled_from(["20230413T212505", "20200808T022415", "20240101T000000"])
_FACTS = st.one_of(
    st.builds(
        _s2,
        tile=st.sampled_from(["54PXA", "55PBR"]),
        baseline=st.sampled_from(["0209", "0500"]),
        made=_STAMPS,
        strip=st.sampled_from([None, "20200808T010309", "20200808T010320"]),
    ),
    st.builds(
        _s1,
        unique=st.sampled_from(["FC4D", "0001", "BD98"]),
        twin=st.booleans(),
        published=st.sampled_from(["2025-01-01T00:00:00Z", "2025-01-02T00:00:00.5Z"]),
    ),
    st.sampled_from([Facts("X", {}), Facts("Y", {})]),
)


def _unlike(facts):
    """One Item for each id: what is there twice is the same Item."""
    return list({each.id: each for each in facts}.values())


@given(st.lists(_FACTS, max_size=14).map(_unlike), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_once_is_enough(facts, rng):
    kept = set(_kept(*facts))
    shuffled = list(facts)
    rng.shuffle(shuffled)
    assert set(_kept(*shuffled)) == kept
    left = [each for each in facts if each.id in kept]
    assert choose(left) == []
    # Whatever goes, goes in favor of one that stays.
    choices = choose(facts)
    assert {facts[each.kept].id for each in choices} <= kept
    assert len(choices) == len(facts) - len(kept)
