"""Options, environment and the folder of the archive."""

from __future__ import annotations

import json

import pytest

from phistac.errors import ConfigurationError
from phistac.sandbox import Counters, Sandbox, SandboxConfig
from phistac.sandbox.content import MARKER, prepare
from phistac.sandbox.environment import environment, settings_of
from phistac.settings import Settings, resolve


def test_strict_means_the_quotas_of_cdse_and_each_can_be_set():
    strict, lenient = SandboxConfig(), SandboxConfig(strict=False, connections=7)
    assert (strict.connections, strict.rate, strict.requests_per_minute) == (4, 20e6, 2000)
    assert (lenient.connections, lenient.rate, lenient.latency_s, lenient.requests_per_minute) == (7, 0, 0, 0)
    assert SandboxConfig(rate=0).rate == 0


def test_secrets_are_made_up_anew_and_never_shown():
    one, two = SandboxConfig(), SandboxConfig(totp="TOTPSECRET")
    assert one.password != two.password
    for secret in (two.password, two.secret_key, two.totp):
        assert secret not in repr(two) + repr(Sandbox(password=two.password)) + Sandbox()._repr_html_()


@pytest.mark.parametrize(
    "options",
    [
        {"host": "0.0.0.0"},
        {"count": "all"},
        {"over_limit": 429},
        {"size": "large"},
        {"connections": -2},
        {"s3_port": 70000},
        {"password": ""},
        {"data": "/nonexistent/folder"},
        {"colour": "red"},
    ],
)
def test_bad_options_get_one_clear_line(options):
    with pytest.raises(ConfigurationError) as caught:
        Sandbox(**options)
    assert next(iter(options)) in str(caught.value)


def test_the_environment_says_what_the_settings_say():
    config = SandboxConfig()
    settings = settings_of(config, catalogue_port=18080, s3_port=18081)
    variables = environment(config, settings)
    assert resolve(environ=variables) == settings
    assert settings.service_hosts == {"127.0.0.1:18080", "127.0.0.1:18081"} - {"127.0.0.1:18081"}
    assert variables["PHISTAC_S3_SECRET_KEY__SANDBOX_18080"] == config.secret_key


def test_without_quotas_the_settings_are_still_usable():
    settings = settings_of(SandboxConfig(strict=False), catalogue_port=1, s3_port=2)
    assert settings.connections == Settings().connections
    assert settings.connection_rate > 1e8


def make(root):
    (root / "s3" / "eodata").mkdir(parents=True)
    (root / "catalogue").mkdir()
    (root / "catalogue" / "products.jsonl").write_text("")


def test_an_archive_is_made_once(tmp_path):
    calls = []
    for _ in range(2):
        prepare(tmp_path / "a", SandboxConfig(), make=lambda root: (calls.append(root), make(root)))
    assert len(calls) == 1


def test_an_interrupted_build_is_made_anew(tmp_path):
    def interrupted(root):
        make(root)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path / "a", SandboxConfig(), make=interrupted)
    prepare(tmp_path / "a", SandboxConfig(), make=make)
    assert json.loads((tmp_path / "a" / MARKER).read_text())["complete"] is True


def test_another_archive_or_anything_else_is_never_touched(tmp_path):
    prepare(tmp_path / "a", SandboxConfig(seed=1), make=make)
    with pytest.raises(ConfigurationError, match="another archive"):
        prepare(tmp_path / "a", SandboxConfig(seed=2), make=make)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.doc").write_text("years of work")
    with pytest.raises(ConfigurationError, match="not empty"):
        prepare(tmp_path / "b", SandboxConfig(), make=make)


def test_counters_travel_as_json():
    counters = Counters(requests=2, by_status={200: 2}, by_method={"GET": 2}, by_account={"me": Counters()})
    there = Counters.from_dict(json.loads(json.dumps(Counters(requests=2, by_status={200: 2}).as_dict())))
    assert there == Counters(requests=2, by_status={200: 2})
    assert counters.by_account["me"].requests == 0


def test_completing_goes_with_data_and_is_part_of_what_the_archive_is(tmp_path):
    with pytest.raises(ConfigurationError, match="complete_measurements"):
        SandboxConfig(complete_measurements=True)
    config = SandboxConfig(data=tmp_path, complete_measurements=True)
    prepare(tmp_path / "a", config, make=make)
    prepare(tmp_path / "a", config, make=None)
    with pytest.raises(ConfigurationError, match="another archive"):
        prepare(tmp_path / "a", SandboxConfig(data=tmp_path), make=make)
