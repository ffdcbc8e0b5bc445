"""Addresses that Items carry."""

from __future__ import annotations

from dataclasses import replace

from phistac.settings import Settings
from phistac.stac.service import Service


def test_the_real_service_is_named_as_in_its_own_items_and_others_as_they_are():
    assert Service().nodes_url == "https://zipper.dataspace.copernicus.eu/odata/v1"
    elsewhere = replace(Settings(), download_url="https://example.org/odata/v1")
    assert Service(elsewhere).nodes_url == "https://example.org/odata/v1"


def test_addresses_are_had_without_making_settings_anew(monkeypatch):
    service, made = Service(), []
    monkeypatch.setattr(Settings, "__post_init__", made.append)
    assert service.nodes_url
    assert service.auth_schemes
    assert service.storage_schemes
    assert not made
