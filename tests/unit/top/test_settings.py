"""Settings: argument, then context, then environment, then default; bad ones refused by name."""

from __future__ import annotations

import pickle
import threading

import pytest

from phistac.errors import ConfigurationError
from phistac.settings import Settings, resolve, use


def test_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve().account == "default"
    monkeypatch.setenv("PHISTAC_ACCOUNT", "from-environment")
    assert resolve().account == "from-environment"
    with use(Settings(account="from-context")):
        assert resolve().account == "from-context"
        assert resolve(Settings(account="from-argument")).account == "from-argument"
    assert resolve().account == "from-environment"


def test_environment_values_are_cast() -> None:
    settings = resolve(environ={"PHISTAC_CONNECTIONS": "2", "PHISTAC_LATENCY_S": "0.2"})
    assert (settings.connections, settings.latency_s) == (2, 0.2)


def test_an_unusable_environment_variable_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"PHISTAC_CONNECTIONS.*'many'"):
        resolve(environ={"PHISTAC_CONNECTIONS": "many"})


@pytest.mark.parametrize(
    "field",
    [
        {"s3_url": "http://eodata.example.org"},
        {"catalogue_url": "ftp://127.0.0.1"},
        {"connections": 0},
        {"account": ""},
        {"account": "a/b"},
    ],
)
def test_what_cannot_be_used_is_refused(field: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(field)).split("_")[0]):
        Settings(**field)  # type: ignore[arg-type]


def test_plain_http_is_for_this_machine_only() -> None:
    assert Settings(s3_url="http://127.0.0.1:9000").s3_url == "http://127.0.0.1:9000"


def test_a_bearer_token_may_go_to_the_service_and_nowhere_else() -> None:
    hosts = Settings().service_hosts
    assert "catalogue.dataspace.copernicus.eu" in hosts
    assert "example.org" not in hosts


def test_settings_pickle() -> None:
    assert pickle.loads(pickle.dumps(Settings(account="x"))) == Settings(account="x")


def test_a_context_belongs_to_its_thread() -> None:
    seen: list[str] = []
    with use(Settings(account="mine")):
        thread = threading.Thread(target=lambda: seen.append(resolve().account))
        thread.start()
        thread.join()
    assert seen == ["default"]
