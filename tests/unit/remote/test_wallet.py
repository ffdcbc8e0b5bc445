"""What phistac login stores, in a keyring and in a file, and what other tools have."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from phistac.errors import ConfigurationError, CredentialsMissingError, MissingExtraError
from phistac.remote.account.credentials import login, s3_keys
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.signin import status
from phistac.remote.account.stored import stored_keys
from phistac.remote.account.wallet import FileWallet, KeyringWallet
from phistac.settings import Settings

ENTRY = {"username": "me", "password": "p", "totp": "GEZDGNBV", "access_key": "A", "secret_key": "S"}
ME, OTHER = Settings(account="me"), Settings(account="other")
ELSEWHERE = Settings(account="me", token_url="https://example.org/token")


@pytest.fixture(params=[KeyringWallet, FileWallet])
def wallet(request, ring):
    return request.param()


def test_an_entry_is_kept_for_its_account_at_its_service(wallet):
    assert wallet.read(ME) == {}
    wallet.write(ME, ENTRY)
    assert wallet.read(ME) == ENTRY
    assert wallet.read(OTHER) == wallet.read(ELSEWHERE) == {}
    assert "GEZDGNBV" not in repr(wallet.read(ME))
    wallet.write(OTHER, {"username": "you", "password": "q"})
    assert stored_keys(ME) == S3Keys("A", "S")
    assert login(ME) == Login("me", "p", "GEZDGNBV")
    assert login(OTHER) == Login("you", "q")
    wallet.write(ME, {})
    assert wallet.read(ME) == {}
    assert wallet.read(OTHER)["username"] == "you"
    wallet.write(OTHER, {})
    assert not FileWallet().path.exists()


def test_the_keyring_comes_before_the_file_and_the_environment_before_both(ring, monkeypatch):
    FileWallet().write(ME, {"username": "file", "password": "p"})
    assert login(ME).username == "file"
    KeyringWallet().write(ME, {"username": "keyring", "password": "p"})
    assert login(ME).username == "keyring"
    assert "login of keyring from the keyring (" in str(status(ME))
    monkeypatch.setenv("PHISTAC_USERNAME__ME", "environment")
    monkeypatch.setenv("PHISTAC_PASSWORD__ME", "p")
    assert login(ME).username == "environment"


def test_the_file_is_its_owners_alone(monkeypatch, tmp_path):
    FileWallet().write(ME, ENTRY)
    path = FileWallet().path
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["credentials.json"]
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others may read") as caught:
        login(ME)
    assert caught.value.remedy.startswith("chmod 600")
    monkeypatch.setenv("PHISTAC_CREDENTIALS", str(tmp_path / "mine.json"))
    FileWallet().write(ME, ENTRY)
    assert json.loads((tmp_path / "mine.json").read_text())


@pytest.mark.parametrize("content", ["[1]", '{"phistac identity.dataspace.copernicus.eu": "canary"}'])
def test_a_file_of_somebody_else_is_left_alone(content):
    path = FileWallet().path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="not written by phistac login") as caught:
        FileWallet().write(ME, ENTRY)
    assert "canary" not in str(caught.value)
    assert path.read_text() == content


def test_a_locked_keyring_is_none_until_it_is_asked_to_keep_something(ring):
    ring.locked = True
    with pytest.raises(CredentialsMissingError):
        s3_keys(ME)
    with pytest.raises(ConfigurationError, match="refuses") as caught:
        KeyringWallet().write(ME, ENTRY)
    assert "canary" not in str(caught.value)


def test_a_keyring_that_forgets_is_noticed(ring, monkeypatch):
    monkeypatch.setattr(ring, "set_password", lambda *_: None)
    with pytest.raises(ConfigurationError, match="does not keep"):
        KeyringWallet().write(ME, ENTRY)


def test_no_keyring_is_a_message_only_when_it_is_needed(monkeypatch):
    with pytest.raises(
        CredentialsMissingError, match=r"looked at: the environment, .*\.s5cfg, .*there is none on this"
    ):
        s3_keys(ME)
    with pytest.raises(ConfigurationError, match="no keyring") as caught:
        KeyringWallet().require()
    assert "--file" in caught.value.remedy
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(CredentialsMissingError, match="not installed"):
        s3_keys(ME)
    with pytest.raises(MissingExtraError, match="not installed"):
        KeyringWallet().require()


CDSE = "https://eodata.dataspace.copernicus.eu"
AWS = "https://s3.eu-central-1.amazonaws.com"


def pair(key):
    return f"aws_access_key_id = {key}\naws_secret_access_key = S\n"


@pytest.mark.parametrize(
    ("credentials", "config", "environ", "expected"),
    [
        (f"[cdse]\n{pair('A')}", "", {}, "A"),
        (f"[default]\n{pair('A')}", "", {}, None),  # Amazon's
        (f"[default]\n{pair('A')}endpoint_url = {CDSE}\n", "", {}, "A"),
        (f"[default]\n{pair('A')}", f"[default]\nendpoint_url = {CDSE}\n", {}, "A"),
        (f"[default]\n{pair('A')}", f"[default]\nendpoint_url = {AWS}\n", {}, None),
        (f"[x]\n{pair('A')}", f"[profile x]\nendpoint_url = {CDSE}\n", {"AWS_PROFILE": "x"}, "A"),
        (f"[x]\n{pair('A')}", "", {"AWS_PROFILE": "x"}, None),
        ("", f"[profile x]\n{pair('A')}endpoint_url = {CDSE}\n", {"AWS_PROFILE": "x"}, "A"),
        (
            f"[x]\n{pair('A')}",
            f"[profile x]\nservices = s\n[services s]\ns3 =\n  endpoint_url = {CDSE}\n",
            {"AWS_PROFILE": "x"},
            "A",
        ),
        (f"[cdse]\n{pair('A')}", f"[profile cdse]\nendpoint_url = {AWS}\n", {}, None),  # a label is not enough
        ("", "", {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}, None),
        ("", "", {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_ENDPOINT_URL": CDSE}, "A"),
        ("", "", {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_S3_ENDPOINT": CDSE[8:]}, "A"),
        (
            "",
            "",
            {
                "AWS_ACCESS_KEY_ID": "A",
                "AWS_SECRET_ACCESS_KEY": "S",
                "AWS_ENDPOINT_URL": CDSE,
                "AWS_ENDPOINT_URL_S3": AWS,
            },
            None,
        ),
    ],
)
def test_what_the_aws_tools_have_counts_if_an_endpoint_says_so(credentials, config, environ, expected):
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(credentials)
    (folder / "config").write_text(config)
    found = stored_keys(Settings(), environ={"HOME": os.environ["HOME"], **environ})
    assert found == (None if expected is None else S3Keys(expected, "S"))
