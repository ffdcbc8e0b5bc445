"""The handle: what it sets, what it puts back, and that no server is ever left behind."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phistac.errors import ConfigurationError, ServiceError
from phistac.sandbox import Sandbox, SandboxConfig
from phistac.sandbox.content import prepare
from phistac.settings import Settings, resolve, use


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    def make(root):
        (root / "s3" / "eodata").mkdir(parents=True)
        (root / "catalogue").mkdir()
        (root / "s3" / "eodata" / "a").write_bytes(b"a")

    root = tmp_path_factory.mktemp("handle") / "archive"
    prepare(root, SandboxConfig(), make=make)
    return root


def gone(pid, *, within=15):
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_inside_everything_points_at_it_and_outside_nothing_does(archive, monkeypatch):
    monkeypatch.setenv("PHISTAC_ACCOUNT", "mine")
    with use(Settings(account="outer")):
        with Sandbox(root=archive) as cdse:
            assert resolve() == cdse.settings
            assert resolve(environ=os.environ) == cdse.settings
            label = cdse.settings.account.upper().replace("-", "_")
            assert os.environ[f"PHISTAC_S3_SECRET_KEY__{label}"] == cdse.config.secret_key
            pid = cdse._process.pid
            assert cdse.config.secret_key not in _command_line(pid)
            assert cdse.root == archive
        assert resolve().account == "outer"
    assert os.environ["PHISTAC_ACCOUNT"] == "mine"
    assert not [name for name in os.environ if name.startswith("PHISTAC_S3_")]
    assert gone(pid)
    assert archive.exists()


def _command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_two_at_once_and_each_can_start_only_once(archive):
    with Sandbox(root=archive) as outer, Sandbox(root=archive) as inner:
        assert outer.settings.account != inner.settings.account
        assert resolve() == inner.settings
        with pytest.raises(ConfigurationError, match="runs already"):
            inner.start()


def test_a_failing_block_puts_everything_back_too(archive):
    before = dict(os.environ)
    pids = []

    def fail():
        with Sandbox(root=archive) as cdse:
            pids.append(cdse._process.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(os.environ) == before
    assert gone(pids[0])


def test_start_and_stop_without_a_block(archive):
    cdse = Sandbox(root=archive).start()
    try:
        assert resolve() == cdse.settings
    finally:
        cdse.stop()
        cdse.stop()
    assert resolve() == Settings()
    with pytest.raises(ConfigurationError, match="not running"):
        cdse.counters()
    with cdse:  # and again
        assert cdse.counters().requests == 0


def test_a_taken_port_is_named(archive):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            Sandbox(root=archive, s3_port=port).start()


def test_a_server_that_dies_at_its_start_says_why(tmp_path):
    def broken(root):
        (root / "catalogue").mkdir()
        (root / "catalogue" / "products.jsonl").write_text("this is no JSON\n")

    prepare(tmp_path / "broken", SandboxConfig(), make=broken)
    with pytest.raises((ServiceError, ConfigurationError), match=r"products\.jsonl"):
        Sandbox(root=tmp_path / "broken").start()


def test_a_server_that_dies_later_says_so(archive):
    with Sandbox(root=archive) as cdse:
        os.kill(cdse._process.pid, signal.SIGKILL)
        assert gone(cdse._process.pid)
        with pytest.raises(ServiceError, match="does not answer"):
            cdse.counters()


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "pass"])
def test_no_server_outlives_its_program(archive, end):
    program = (
        "import os, sys\nfrom phistac.sandbox import Sandbox\n"
        f"cdse = Sandbox(root={str(archive)!r}).start()\nprint(cdse._process.pid, flush=True)\n{end}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert gone(int(done.stdout)), done.stderr


def test_a_temporary_archive_is_removed(monkeypatch, archive):
    import shutil

    real = ServerProcessWithoutBuilding(archive)
    monkeypatch.setattr("phistac.sandbox.handle.ServerProcess", real)
    with Sandbox() as cdse:
        root = cdse.root
        assert root.is_dir()
        shutil.copytree(archive, root, dirs_exist_ok=True)
    assert not root.exists()


class ServerProcessWithoutBuilding:
    """Starts the server on a copy of a small archive, instead of letting it make one."""

    def __init__(self, archive):
        self._archive = archive

    def __call__(self, options, *, progress=None):
        import shutil

        from phistac.sandbox.process import ServerProcess

        shutil.copytree(self._archive, options["root"], dirs_exist_ok=True)
        return ServerProcess(options, progress=progress)


def test_the_command_prints_what_leads_a_shell_here_and_ends_on_interrupt(archive):
    command = [sys.executable, "-m", "phistac.sandbox", "--root", str(archive), "--port", "0", "--s3-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert "until Ctrl-C" in child.stderr.readline()
        lines = [child.stdout.readline() for _ in range(18)]
        environ = dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines)
        settings = resolve(environ=environ)
        assert settings.account == f"sandbox-{urlsplit(settings.catalogue_url).port}"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{settings.s3_url}/eodata", timeout=20)
        child.send_signal(signal.SIGINT)
        rest, errors = child.communicate(timeout=20)
    assert (child.returncode, rest, errors) == (0, "", "")


def test_the_command_says_in_one_line_what_is_wrong(archive):
    command = [sys.executable, "-m", "phistac.sandbox", "--root", str(archive), "--seed", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "holds another archive" in done.stderr
    assert done.stderr.count("\n") == 1
