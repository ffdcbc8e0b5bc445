"""``phistac login`` and ``logout``, and the temporary keys of a login, against the sandbox's token service and archive."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
import time
from dataclasses import replace

import pytest

import phistac
from phistac.cli import main
from phistac.errors import ConfigurationError, CredentialsRejectedError
from phistac.remote.account import tokens
from phistac.remote.account.credentials import s3_keys
from phistac.remote.account.keycheck import key_works
from phistac.remote.account.tempkeys import _purse
from phistac.remote.account.tokens import token_source
from phistac.remote.account.wallet import FileWallet
from phistac.remote.files.filesystem import CdseFileSystem, filesystem
from phistac.remote.web.http import Http
from phistac.sandbox import Sandbox, SandboxConfig
from phistac.sandbox.content import prepare
from phistac.sandbox.environment import environment

pytest.importorskip("nanio")

WORD, FACTOR, ACCESS, SECRET = "correct horse", "GEZDGNBVGY3TQOJQ", "PERMANENTACCESSKEY01", "permanent-secret"
KEYS = "/api/user/credentials"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    def make(root):
        (root / "s3" / "eodata").mkdir(parents=True)
        (root / "s3" / "eodata" / "thing").write_bytes(b"bytes")
        (root / "catalogue").mkdir()

    root = tmp_path_factory.mktemp("login") / "archive"
    prepare(root, SandboxConfig(), make=make)
    return root


@pytest.fixture
def start(archive, monkeypatch):
    """Start a sandbox; the environment holds its settings, and no secret."""
    running = []

    def start(**options):
        secrets = {"username": "me", "password": WORD, "access_key": ACCESS, "secret_key": SECRET}
        cdse = Sandbox(root=archive, strict=False, **secrets, **options)
        running.append(cdse)
        cdse.__enter__()
        for name in environment(cdse.config, cdse.settings):
            if any(part in name for part in ("KEY__", "USERNAME", "PASSWORD")):
                monkeypatch.delenv(name)
        return cdse

    yield start
    CdseFileSystem.clear_instance_cache()
    for cdse in running:
        cdse.__exit__(None, None, None)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def signed_in(cdse, monkeypatch, **more):
    label = cdse.settings.account.upper().replace("-", "_")
    for name, value in {"USERNAME": "me", "PASSWORD": WORD, **more}.items():
        monkeypatch.setenv(f"PHISTAC_{name}__{label}", value)


def asked(cdse):
    return cdse.counters(path=KEYS).by_method


def test_at_a_terminal_into_the_keyring_and_out_again(start, ring, monkeypatch, capsys):
    cdse = start(totp=FACTOR)
    monkeypatch.setattr("sys.stdin", Terminal("me\n"))
    answers = iter([WORD, FACTOR])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert main(["login"]) == 0
    ((service, account),) = ring.kept
    assert (cdse.settings.token_url.split("/")[2] in service, account) == (True, cdse.settings.account)
    assert json.loads(ring.kept[service, account]) == {"username": "me", "password": WORD, "totp": FACTOR}
    assert main(["login", "--status"]) == 0
    # The code of this half minute is used up: a second login takes the next one.
    assert filesystem().cat_file("eodata/thing") == b"bytes"
    assert main(["logout"]) == 0
    assert ring.kept == {}
    assert asked(cdse) == {"POST": 1, "DELETE": 1}
    assert main(["login", "--status"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    for words in ("stored in the keyring", "login of me", "deleted 1 temporary S3 key", "not signed in"):
        assert words in said.err
    assert WORD not in said.err
    assert FACTOR not in said.err


def test_out_of_a_pipe_into_a_file(start, monkeypatch, capsys):
    cdse = start()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORD}\n"))
    assert main(["login", "--username", "me", "--stdin"]) == 2  # there is no keyring, and nothing was sent
    assert "--file" in capsys.readouterr().err
    assert cdse.counters(path="/auth").requests == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORD}\n"))
    assert main(["login", "--username", "me", "--stdin", "--file"]) == 0
    path = FileWallet().path
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ACCESS}\n{SECRET}\n"))
    assert main(["login", "--s3-keys", "--stdin", "--file"]) == 0
    assert filesystem().cat_file("eodata/thing") == b"bytes"
    assert asked(cdse) == {}  # none was bought
    assert FileWallet().read(cdse.settings).keys() == {"username", "password", "access_key", "secret_key"}
    assert main(["logout"]) == 0
    assert not path.exists()


def test_in_a_notebook(start, ring, monkeypatch):
    cdse = start()
    with pytest.raises(ConfigurationError, match="nobody to ask"):
        phistac.login()
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr("builtins.input", lambda _prompt: "me")
    answers = iter([WORD, ""])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    said = phistac.login()
    assert (said.username, said.keys_from) == ("me", None)
    assert said.login_from.startswith("the keyring")
    assert repr(said) == repr(phistac.login("me", WORD))
    assert s3_keys(cdse.settings)
    assert phistac.logout()[0] == "deleted 1 temporary S3 key"
    assert phistac.logout() == []


def test_of_the_environment(start, monkeypatch):
    cdse = start()
    signed_in(cdse, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["login", "--file"]) == 0
    assert FileWallet().read(cdse.settings) == {"username": "me", "password": WORD}


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (["--username", "me", "--stdin"], "wrong horse\n", 4, "Invalid user credentials"),
        (["--username", "me", "--stdin"], "", 2, "password is empty"),
        (["--stdin"], f"{WORD}\n", 2, "--username"),
        ([], "", 2, "nobody to ask"),
        (["--s3-keys"], "", 2, "nobody to ask"),
        (["--s3-keys", "--stdin"], f"{ACCESS}\nwrong horse\n", 4, "refuses these S3 keys"),
        (["--account", "no such label"], "", 2, "account label"),
    ],
)
def test_what_is_wrong_is_one_line_and_stores_nothing(start, monkeypatch, capsys, arguments, typed, code, words):
    start()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert main(["login", "--file", *arguments]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert "wrong horse" not in line
    assert not FileWallet().path.exists()


def test_a_new_key_is_waited_for_and_one_that_ran_out_replaced(start, monkeypatch):
    cdse = start(key_delay_s=1.5, key_lifetime_s=3)
    signed_in(cdse, monkeypatch)
    fs = filesystem()
    assert fs.cat_file("eodata/thing") == b"bytes"
    first = s3_keys(cdse.settings)
    with Http(cdse.settings) as http:
        while key_works(http, first):
            time.sleep(0.2)
    assert fs.cat_file("eodata/thing") == b"bytes"
    assert s3_keys(cdse.settings) != first
    assert asked(cdse) == {"POST": 2}
    _purse(cdse.settings).leave()
    assert asked(cdse) == {"POST": 2, "DELETE": 2}  # the first as well


def test_the_cap_is_explained_and_our_own_spent_keys_make_room(start, monkeypatch):
    cdse = start()
    signed_in(cdse, monkeypatch)
    first = s3_keys(cdse.settings)
    with Http(cdse.settings) as http:
        bearer = token_source(cdse.settings).token()
        with contextlib.suppress(CredentialsRejectedError):
            while True:  # until the service refuses
                http.post_json(cdse.settings.s3_keys_url, bearer=bearer)
    purse = _purse(cdse.settings)
    purse.surrender(first)
    second = s3_keys(cdse.settings)  # deleted its own, which nobody uses, and bought another
    assert second != first
    signed_in(cdse, monkeypatch)
    settings = replace(cdse.settings, account="other")
    for name, value in {"USERNAME": "me", "PASSWORD": WORD}.items():
        monkeypatch.setenv(f"PHISTAC_{name}__OTHER", value)
    with pytest.raises(CredentialsRejectedError, match="as many temporary S3 keys as it may have") as caught:
        s3_keys(settings)
    for words in ("https://eodata-s3keysmanager", "phistac logout", "--s3-keys"):
        assert words in caught.value.remedy
    assert purse.discard() == 1


def test_a_token_that_the_service_forgot_is_replaced(start, monkeypatch):
    cdse = start(token_lifetime_s=1)
    signed_in(cdse, monkeypatch)
    source = token_source(cdse.settings)
    monkeypatch.setattr(tokens, "_RENEW_AT", 1000)  # as if our clock stood still
    source.token()
    time.sleep(1.2)
    assert s3_keys(cdse.settings).access_key
    assert asked(cdse) == {"POST": 2}  # 401, and once more
    _purse(cdse.settings).leave()


def test_a_filesystem_with_keys_works_elsewhere_if_they_are_there_too(start):
    cdse = start()
    fs = CdseFileSystem(key=ACCESS, secret=SECRET)
    assert fs.cat_file("eodata/thing") == b"bytes"
    work = "import pickle, sys\nprint(pickle.loads(bytes.fromhex(sys.argv[1])).cat_file('eodata/thing'))"
    label = cdse.settings.account.upper().replace("-", "_")
    there = {f"PHISTAC_S3_ACCESS_KEY__{label}": ACCESS, f"PHISTAC_S3_SECRET_KEY__{label}": SECRET}
    for more, expected in (({}, "handed over in another process"), (there, "b'bytes'")):
        command = [sys.executable, "-c", work, pickle.dumps(fs).hex()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **more})
        assert expected in done.stdout + done.stderr
