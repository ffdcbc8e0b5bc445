"""Fixtures that every kind of test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

# The gate tries the same examples every time, however busy its machine; at the desk every run tries others.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
if "CI" in os.environ:
    hypothesis.settings.load_profile("gate")

_REPOSITORY = Path(__file__).parent.parent


def pytest_configure():
    """Let the processes that tests start be interrupted, also where a shell in the background started the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real records and products: the folder PHISTAC_REAL_DATA, or the one beside the project; a skip where it is absent."""
    folder = Path(os.environ.get("PHISTAC_REAL_DATA", _REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data here ({folder.name}); set PHISTAC_REAL_DATA")
    return folder


@pytest.fixture(scope="session")
def seeded_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one small seeded archive for the whole session: ``Sandbox(root=seeded_root)`` builds it once."""
    return tmp_path_factory.mktemp("seeded") / "archive"


@pytest.fixture(scope="session", autouse=True)
def _one_runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give the session a runtime folder of its own: there, its processes share the connections of an account."""
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)


@pytest.fixture(autouse=True)
def _no_accident(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tests away from the user's credentials, state and settings."""
    for name in [n for n in os.environ if n.startswith(("PHISTAC_", "AWS_")) and n != "PHISTAC_REAL_DATA"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture
def ring():
    """Give tests a keyring that keeps what it is given in memory; ``ring.locked = True`` locks it."""
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.errors import KeyringLocked

    class MemoryKeyring(KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.kept, self.locked = {}, False

        def get_password(self, service, username):
            if self.locked:
                raise KeyringLocked("canary")
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)
