"""The properties of a product: its attributes by the crosswalk, and what follows for certain from its type and name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from phistac.odata.attributes import readers
from phistac.odata.converters import IDENTITY
from phistac.stac.missions import DESIGNATORS, GSD, MISSIONS, TIMELINESS, TYPE_CONSTANTS, named_constants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phistac.odata.attributes import AttributeRow
    from phistac.odata.records import Product
    from phistac.stac.service import Service

__all__ = ["properties_of"]

_NEVER = "9999-01-01T00:00:00.000000Z"
_COG = "sentinel-1-grd"
_COVERS = {
    "salineWaterCover": "saline_water", "coastalCover": "coastal", "freshInlandWaterCover": "fresh_inland_water",
    "tidalRegionCover": "tidal_region", "landCover": "land", "brightCover": "bright", "closedSeaCover": "closed_sea",
    "continentalIceCover": "continental_ice", "openOceanCover": "open_ocean",
}  # fmt: skip
"""Attributes of Sentinel-3 that CDSE's own Items have together, as ``statistics``; percent."""


def properties_of(product: Product, mission: str, collection: str, service: Service) -> dict[str, Any]:
    """Return the properties of a product's Item.

    Parameters
    ----------
    product : Product
        The record.
    mission : str
        Its OData collection; empty where that is not known.
    collection : str
        The id of its STAC collection; empty where it has none.
    service : Service
        Whose addresses to write.
    """
    properties: dict[str, Any] = {
        "created": product.created,
        "updated": product.updated,
        "published": product.published,
        "eopf:origin_datetime": product.created,
        "datetime": product.start,
        "start_datetime": product.start,
        "end_datetime": product.end,
        **_platform(product, mission),
        **dict(_constants(mission, collection)),
        **named_constants(product.name, product.s3_path, mission),
        "auth:schemes": service.auth_schemes,
        "storage:schemes": service.storage_schemes,
    }
    if None in properties.values():
        properties = {key: value for key, value in properties.items() if value is not None or key == "datetime"}
    _read_attributes(properties, product.attributes, mission, collection)
    kind = properties.get("product:type", "")
    gsd = GSD.get(kind)
    if gsd is not None:
        properties["gsd"] = gsd
    properties.update(TYPE_CONSTANTS.get(kind, {}))
    if product.evicted is not None:
        properties["expires"] = _NEVER if product.evicted.startswith("9999-") else product.evicted
    _add_timeliness(properties, product, mission)
    return properties


def _read_attributes(properties: dict[str, Any], attributes: Mapping[str, Any], mission: str, collection: str) -> None:
    for name, stac, read in _reading(mission, tuple(attributes)):
        raw = attributes[name]
        if raw is None:
            continue
        value = raw if read is None else read(raw)
        if value is not None:
            properties[stac] = value
    processor, version = attributes.get("processorName"), attributes.get("processorVersion")
    if processor and version:
        properties["processing:software"] = {processor: version}
    if collection == _COG:
        # The record repeats the centre and the version of the original, CDSE's own Item names those of the twin.
        properties.pop("processing:facility", None)
        properties.pop("processing:version", None)
    if not collection.startswith("sentinel-1-slc"):
        properties.pop("sar:beam_ids", None)
    if mission == "SENTINEL-3":
        covers = {key: attributes[name] for name, key in _COVERS.items() if attributes.get(name) is not None}
        if covers:
            properties["statistics"] = covers
    if mission == "SENTINEL-2" and "processing:facility" not in properties and attributes.get("origin"):
        properties["processing:facility"] = attributes["origin"]


# Records of one kind have the same attributes, nearly always.
@lru_cache(maxsize=1024)
def _reading(mission: str, names: tuple[str, ...]) -> tuple[tuple[str, str, Callable[[Any], Any] | None], ...]:
    """Return which attributes to read, as which property, and how; ``None`` where the value stays as it is."""
    return tuple((name, row.stac, _reader(row)) for name, row in readers(mission).items() if name in names)


def _reader(row: AttributeRow) -> Callable[[Any], Any] | None:
    return None if row.converter is IDENTITY else row.converter.read


def _add_timeliness(properties: dict[str, Any], product: Product, mission: str) -> None:
    """Give the category its duration; one without a known duration cannot be written (product extension v1.0.0)."""
    category = properties.get("product:timeliness_category")
    if mission == "SENTINEL-5P":
        category = product.name[4:8]
        properties.pop("product:timeliness_category", None)
    duration = TIMELINESS.get(category or "")
    if mission == "SENTINEL-6" and category == "ST":
        duration = "PT36H"
    if mission == "SENTINEL-2":
        return
    if duration is None:
        properties.pop("product:timeliness_category", None)
        return
    late = category == "OFFL" and properties.get("product:type") == "L2__O3_TCL"
    properties["product:timeliness"] = "P5D" if late else duration
    properties["product:timeliness_category"] = category


def _platform(product: Product, mission: str) -> dict[str, str | None]:
    short = str(product.attributes.get("platformShortName") or mission).lower()
    unit = str(product.attributes.get("platformSerialIdentifier") or product.name[2:3]).lower()
    return dict(_platform_of(short, unit, mission))


@lru_cache(maxsize=256)
def _platform_of(short: str, unit: str, mission: str) -> tuple[tuple[str, str | None], ...]:
    """Join mission and unit: ``sentinel-1`` and ``a``. ``_`` stands for a file that serves all units."""
    known = MISSIONS.get(mission)
    constellation = known.constellation if known else (short or None)
    if mission == "SENTINEL-5P":
        platform: str | None = "sentinel-5p"
    elif mission.startswith("SENTINEL-") and known:
        platform = f"{constellation}{unit}" if unit.isalpha() and len(unit) == 1 else None
    else:
        platform = None if mission == "GLOBAL-MOSAICS" else short or None
    designator = DESIGNATORS.get(platform or "")
    return (
        ("platform", platform),
        ("constellation", constellation),
        ("sat:platform_international_designator", designator),
    )


@lru_cache(maxsize=512)
def _constants(mission: str, collection: str) -> tuple[tuple[str, Any], ...]:
    known = MISSIONS.get(mission)
    if known is None or collection.endswith("-aux"):
        return ()
    constants = dict(known.constants)
    if collection.startswith("sentinel-1-grd"):
        constants["sar:observation_direction"] = "right"
    return tuple(constants.items())
