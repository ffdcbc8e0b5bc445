"""A sandbox on the seeded archive, and its environment; a module that needs another one has a ``server`` of its own."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def server(seeded_root):
    """Run a strict sandbox for all tests of a module."""
    from phistac import Sandbox

    with Sandbox(root=seeded_root) as running:
        yield running


@pytest.fixture
def cdse(server, monkeypatch, _no_accident):
    """Put the sandbox of the module into the clean environment of one test; counters and faults begin anew."""
    from phistac.sandbox.environment import environment

    for name, value in environment(server.config, server.settings).items():
        monkeypatch.setenv(name, value)
    server.clear_faults()
    server.reset_counters()
    yield server
    server.clear_faults()
