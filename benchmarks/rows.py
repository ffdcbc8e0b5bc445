"""Catalogue rows in any number: those of the seeded archive as templates, with other names, Ids and times."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

__all__ = ["START", "STEP", "append", "compact", "templates", "varied"]

START = datetime(2020, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=7)
_COMPACT = "%Y%m%dT%H%M%S"
_KINDS = {
    "Sentinel-1 SLC": "_IW_SLC__",
    "Sentinel-1 GRD": "_IW_GRDH_1SDV",
    "Sentinel-2 L2A": "_MSIL2A_",
    "Sentinel-3 OLCI": "_OL_1_EFR_",
}


def templates(root):
    """Return one row of each kind of product, as the catalogue sends it with everything expanded."""
    found = {}
    with (root / "catalogue" / "products.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            kind = next((kind for kind, part in _KINDS.items() if part in row["Name"]), "")
            if kind and kind not in found and "_COG" not in row["Name"]:
                found[kind] = row
    return found


def compact(time):
    """Return a time of a record as it stands in names."""
    return datetime.fromisoformat(time).strftime(_COMPACT)


def varied(template, count):
    """Yield rows like one of them, as texts: each at a time of its own, with its own name and Ids."""
    name, start = template["Name"], template["ContentDate"]["Start"]
    text = json.dumps(template, ensure_ascii=False)
    text = text.replace(name, "@NAME@").replace(name.rpartition(".")[0], "@STEM@").replace(start, "@START@")
    text = text.replace(template["Id"], "@ID@")
    for asset in template.get("Assets") or ():
        text = text.replace(asset["Id"], "@ASSET@")
    for number in range(count):
        moment = START + number * STEP
        stem = name.rpartition(".")[0].replace(compact(start), moment.strftime(_COMPACT), 1)
        new = f"{stem}.{name.rpartition('.')[2]}"
        identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}/{new}"))
        made = text.replace("@NAME@", new).replace("@STEM@", stem).replace("@ID@", identifier)
        made = made.replace("@START@", moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        yield made.replace("@ASSET@", str(uuid.uuid5(uuid.NAMESPACE_URL, identifier)))


def append(root, template, count):
    """Add so many rows to the catalogue of an archive, once."""
    done = root / f".benchmark-rows-{count}"
    if done.exists():
        return
    with (root / "catalogue" / "products.jsonl").open("a", encoding="utf-8") as lines:
        lines.writelines(row + "\n" for row in varied(template, count))
    done.touch()
