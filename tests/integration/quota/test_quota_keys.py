"""Keys of the account: wrong ones, new ones, bought ones; none of them where it does not belong."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import pickle
import traceback

import pytest

from phistac.errors import CredentialsRejectedError
from phistac.remote.account.credentials import s3_keys
from phistac.remote.account.keycheck import key_works
from phistac.remote.account.tempkeys import _purse
from phistac.remote.account.tokens import token_source
from phistac.remote.files.filesystem import filesystem
from phistac.remote.web.http import Http

READ = """
from phistac.remote.files.filesystem import filesystem
print(len(filesystem().cat_file("eodata/many/f00")))
"""


def test_a_canary_shows_nowhere(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    monkeypatch.setenv(f"PHISTAC_S3_ACCESS_KEY__{label}", "CANARYACCESS")
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", "canary-secret")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    loggers = [logging.getLogger(name) for name in ("phistac", "s3fs", "fsspec", "aiobotocore")]
    for logger in loggers:
        logger.addHandler(handler)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
    try:
        fs = filesystem()
        with pytest.raises(CredentialsRejectedError, match="InvalidAccessKeyId") as caught:
            fs.cat_file("eodata/big")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    text = "".join(traceback.format_exception(caught.value)) + log.getvalue()
    text += repr(fs) + fs.to_json() + pickle.dumps(fs).decode("latin-1") + pickle.dumps(caught.value).decode("latin-1")
    text += json.dumps(fs.storage_options)
    assert "canary-secret" not in text
    assert cdse.counters().requests == 1  # a wrong key is not tried again and again


def test_new_keys_are_found_when_the_old_are_refused(start, big, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    right = cdse.config.secret_key
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", "wrong")
    fs = filesystem()
    with pytest.raises(CredentialsRejectedError, match="SignatureDoesNotMatch"):
        fs.cat_file("eodata/big")
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", right)
    assert fs.cat_file("eodata/big") == big


def test_temporary_keys_are_bought_once_and_deleted(start, big, script, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    for name in ("ACCESS", "SECRET"):
        monkeypatch.delenv(f"PHISTAC_S3_{name}_KEY__{label}")
    assert filesystem().cat_file("eodata/big") == big
    keys = s3_keys(cdse.settings)
    assert keys.access_key != cdse.config.access_key
    with script(READ) as other:
        assert other.stdout.read() == "22400\n"
    assert s3_keys(cdse.settings) == keys  # the other process used them too, and left them to us
    assert cdse.counters(path="/api/user/credentials").by_method == {"POST": 1}
    file = _purse(cdse.settings)._file
    assert file.stat().st_mode & 0o777 == 0o600
    _purse(cdse.settings).leave()
    assert cdse.counters(path="/api/user/credentials").by_method == {"POST": 1, "DELETE": 1}
    assert not file.exists()
    with Http(cdse.settings) as client:
        assert not key_works(client, keys)


def test_the_cap_on_keys_is_explained(start, monkeypatch):
    cdse = start()
    label = cdse.settings.account.upper().replace("-", "_")
    for name in ("ACCESS", "SECRET"):
        monkeypatch.delenv(f"PHISTAC_S3_{name}_KEY__{label}")
    token = token_source(cdse.settings).token()
    bought = 0
    with Http(cdse.settings) as client, contextlib.suppress(CredentialsRejectedError):
        for bought in range(1000):  # noqa: B007 - until the service refuses
            client.post_json(cdse.settings.s3_keys_url, bearer=token)
    assert 0 < bought < 999
    with pytest.raises(CredentialsRejectedError, match="as many temporary S3 keys as it may have"):
        filesystem().cat_file("eodata/big")
