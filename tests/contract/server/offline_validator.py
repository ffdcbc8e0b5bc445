"""stac-api-validator without the internet: ``python offline_validator.py`` with a JSON text of arguments.

Schemas come from what pystac brings with it and from the project's test data, and a schema that is in neither is an
error of its own. Prints one JSON text: what the validator complains of, and which schemas were missing.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pystac.validation
import stac_validator.utilities
import stac_validator.validate
from pystac.validation.local_validator import get_local_schema_cache
from stac_api_validator.validations import QueryConfig, validate_api

_PROJECT = Path(__file__).parents[3]
_SCHEMAS = (_PROJECT / "tests" / "data" / "schemas", _PROJECT / "src" / "phistac" / "stac" / "schemas")


def _schemas() -> dict[str, dict]:
    known = dict(get_local_schema_cache())
    for path in (path for folder in _SCHEMAS for path in folder.glob("*.json")):
        schema = json.loads(path.read_text())
        known[schema["$id"].rstrip("#")] = schema
    # alternate-assets refers to the core of STAC 1.0.0, of which nothing that it uses has changed since.
    core = "https://schemas.stacspec.org/v{}/item-spec/json-schema/basics.json"
    known[core.format("1.0.0")] = known[core.format("1.1.0")]
    return known


def _stay_on_this_machine() -> None:
    look_up = socket.getaddrinfo

    def local(host: str, *rest: object, **options: object) -> list:
        if host != "127.0.0.1":
            raise OSError(f"{host} is not this machine")
        return look_up(host, *rest, **options)

    socket.getaddrinfo = local


def _use(known: dict[str, dict], missing: set[str]) -> None:
    fetch = stac_validator.utilities.fetch_and_parse_file

    def local(path: str, headers: dict | None = None) -> dict:
        key = path.rstrip("#")
        if key in known:
            return json.loads(json.dumps(known[key]))
        if not path.startswith("http://127.0.0.1:"):
            missing.add(path)
        return fetch(path, headers)

    for module in (stac_validator.utilities, stac_validator.validate):
        module.fetch_and_parse_file = local
    pystac.validation.RegisteredValidator.get_validator().schema_cache.update(known)


def main(options: dict) -> dict:
    """Validate an API as the options say."""
    missing: set[str] = set()
    _stay_on_this_machine()
    _use(_schemas(), missing)
    query = QueryConfig(**options.pop("query"))
    warnings, errors = validate_api(
        **options,
        query_config=query,
        auth_bearer_token=None,
        auth_query_parameter=None,
        transaction_collection=None,
        headers=None,
        open_assets_urls=False,
    )
    return {"errors": errors.as_list(), "warnings": [str(each) for each in warnings], "missing": sorted(missing)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
