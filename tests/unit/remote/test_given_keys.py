"""Keys handed over: a label travels, and only what is the same elsewhere takes up the work."""

from __future__ import annotations

import pickle

import pytest

from phistac.errors import ConfigurationError, CredentialsMissingError
from phistac.remote.account import given as module
from phistac.remote.account.credentials import admit, login
from phistac.remote.account.given import keep, named_account
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.stored import stored_keys
from phistac.remote.budget.budgets import account_name, budget_for
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.settings import Settings

KEYS = {"key": "AKID0001", "secret": "canary"}
LOGIN = {"username": "me", "password": "canary"}


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(module, "_given", {})


def elsewhere(monkeypatch) -> None:
    """Go on as another process would, which was handed nothing."""
    monkeypatch.setattr(module, "_given", {})


def test_a_label_stands_for_the_keys():
    options = {**KEYS, "use_listings_cache": False}
    settings = admit(options)
    assert options == {"use_listings_cache": False}
    assert named_account(settings.account) == "default"
    assert stored_keys(settings) == S3Keys("AKID0001", "canary")
    assert admit(dict(KEYS)) == settings
    assert admit({**KEYS, "secret": "another"}) != settings
    assert "canary" not in repr(settings)


def test_labels_are_the_same_in_every_process_and_say_nothing():
    assert keep(S3Keys("AKIDEXAMPLE", "wJalrXUtnFEMI")) == "default.given-8f6e2a3482bebc54"
    assert keep(Login("me", "x")) != keep(Login("me", "y"))


def test_the_quota_is_the_accounts():
    marked = admit(dict(KEYS), Settings(account="me"))
    assert account_name(marked) == account_name(Settings(account="me"))
    assert budget_for(marked) is budget_for(Settings(account="me"))


def test_a_filesystem_has_the_label_only():
    fs = CdseFileSystem(**KEYS)
    assert named_account(fs.settings.account) == "default" != fs.settings.account
    assert fs is CdseFileSystem(**KEYS)
    assert fs is not CdseFileSystem(key="AKID0002", secret="canary")
    for sent in (fs.to_json(), repr(vars(fs)), repr(pickle.dumps(fs))):
        assert "canary" not in sent
    assert pickle.loads(pickle.dumps(fs)).settings == fs.settings


def test_another_process_has_the_same_keys_or_says_so(monkeypatch):
    settings = admit(dict(KEYS))
    elsewhere(monkeypatch)
    assert stored_keys(settings) is None
    with pytest.raises(CredentialsMissingError, match="handed over in another process") as caught:
        login(settings)
    assert "PHISTAC_S3_ACCESS_KEY and" in caught.value.remedy
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY", "OTHER")
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY", "other")
    assert stored_keys(settings) is None  # of another account, perhaps
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY", "AKID0001")
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY", "canary")
    assert stored_keys(settings) == S3Keys("AKID0001", "canary")


def test_a_login_is_found_again_likewise(monkeypatch):
    settings = admit(dict(LOGIN))
    assert login(settings) == Login("me", "canary")
    assert stored_keys(settings) is None  # they are bought
    elsewhere(monkeypatch)
    monkeypatch.setenv("PHISTAC_USERNAME", "you")
    monkeypatch.setenv("PHISTAC_PASSWORD", "canary")
    with pytest.raises(CredentialsMissingError):
        login(settings)
    monkeypatch.setenv("PHISTAC_USERNAME", "me")
    assert login(settings) == Login("me", "canary")


def test_keys_that_the_environment_has_need_no_label(monkeypatch):
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY", "AKID0001")
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY", "canary")
    assert admit(dict(KEYS)) == Settings()
    assert admit({**KEYS, "secret": "another"}) != Settings()


@pytest.mark.parametrize(
    "options",
    [
        {"key": "canary"},
        {"secret": "canary"},
        {**KEYS, "token": "canary"},
        {**KEYS, **LOGIN},
        {"username": "me", "totp": "canary"},
        {"password": "canary"},
        {"totp": "canary"},
    ],
)
def test_what_makes_no_pair_is_refused(options):
    with pytest.raises(ConfigurationError, match="do not make a pair") as caught:
        admit(options)
    assert "canary" not in str(caught.value)


def test_nothing_given_is_nothing():
    options = {"key": None, "secret": None}
    assert admit(options) == admit({}) == Settings()
    assert options == {}


def test_keys_given_count_whatever_is_wrong_elsewhere(monkeypatch):
    monkeypatch.setenv("PHISTAC_S3_ACCESS_KEY", "half a pair")
    assert stored_keys(admit(dict(KEYS))) == S3Keys("AKID0001", "canary")


def test_with_keys_the_login_is_the_accounts(monkeypatch):
    monkeypatch.setenv("PHISTAC_USERNAME", "me")
    monkeypatch.setenv("PHISTAC_PASSWORD", "canary")
    assert login(admit(dict(KEYS))) == Login("me", "canary")
