"""Where secrets are looked for."""

from __future__ import annotations

import pytest

from phistac.errors import ConfigurationError, CredentialsMissingError
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.stored import login, stored_keys
from phistac.settings import Settings

INI = "[cdse]\naws_access_key_id = A\naws_secret_access_key = 'S%S'\n[default]\naws_access_key_id=D\naws_secret_access_key=DS\n"


def env(tmp_path, **more):
    return {"HOME": str(tmp_path), **more}


def test_the_label_is_a_suffix(tmp_path):
    environ = env(tmp_path, PHISTAC_S3_ACCESS_KEY__SANDBOX_18080="A", PHISTAC_S3_SECRET_KEY__SANDBOX_18080="S")
    assert stored_keys(Settings(account="sandbox-18080"), environ=environ) == S3Keys("A", "S")
    assert stored_keys(Settings(account="other"), environ=environ) is None


def test_only_the_default_account_needs_no_suffix(tmp_path):
    environ = env(tmp_path, PHISTAC_S3_ACCESS_KEY="A", PHISTAC_S3_SECRET_KEY="S")
    assert stored_keys(Settings(), environ=environ) == S3Keys("A", "S")
    assert stored_keys(Settings(account="other"), environ=environ) is None


def test_half_a_pair_is_a_mistake(tmp_path):
    with pytest.raises(ConfigurationError, match="no PHISTAC_S3_SECRET_KEY"):
        stored_keys(Settings(), environ=env(tmp_path, PHISTAC_S3_ACCESS_KEY="A"))


def test_files_by_section(tmp_path):
    (tmp_path / ".s5cfg").write_text(INI)
    assert stored_keys(Settings(), environ=env(tmp_path)) == S3Keys("A", "S%S")
    assert stored_keys(Settings(account="cdse"), environ=env(tmp_path)) == S3Keys("A", "S%S")
    assert stored_keys(Settings(account="x"), environ=env(tmp_path)) is None


def test_the_default_of_s5cfg_is_ours_but_not_that_of_aws(tmp_path):
    default = INI.partition("[default]")[1] + INI.partition("[default]")[2]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(default)
    assert stored_keys(Settings(), environ=env(tmp_path)) is None
    (tmp_path / ".s5cfg").write_text(default)
    assert stored_keys(Settings(), environ=env(tmp_path)) == S3Keys("D", "DS")


def test_a_broken_file_is_not_quoted(tmp_path):
    (tmp_path / ".s5cfg").write_text("canary without a section\n")
    with pytest.raises(ConfigurationError, match=r"\.s5cfg") as caught:
        stored_keys(Settings(), environ=env(tmp_path))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_login(tmp_path):
    environ = env(tmp_path, PHISTAC_USERNAME__ME="u", PHISTAC_PASSWORD__ME="p", PHISTAC_TOTP__ME="1")
    assert login(Settings(account="me"), environ=environ) == Login("u", "p", "1")
    with pytest.raises(CredentialsMissingError, match="account is free"):
        login(Settings(), environ=environ)
