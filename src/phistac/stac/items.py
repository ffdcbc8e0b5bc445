"""Products as STAC Items: what CDSE's own catalogue would write, as far as the record says it.

Items are plain dicts, built from the crosswalk; pystac objects are made at the edge. What the record does not say
(scene angles, statistics, per-file assets) is not written: nothing is guessed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from phistac.odata.attributes import readers
from phistac.odata.footprints import bounds
from phistac.stac.assets import enclosure, product_assets
from phistac.stac.extensions import extensions_of
from phistac.stac.families import collection_id, mission_of
from phistac.stac.missions import DESIGNATORS, GSD, MISSIONS, TIMELINESS
from phistac.stac.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.odata.records import Product

__all__ = ["item", "item_id", "version_history"]

_EXTENSIONS = (".SAFE", ".SEN3", ".SEN6", ".nc", ".EOF", ".tgz", ".zip")
_NEVER = "9999-01-01T00:00:00.000000Z"
_SINGLE_VALUE = ("sat:absolute_orbit", "sat:relative_orbit", "sat:orbit_cycle")
_COG = "sentinel-1-grd"


def item_id(name: str) -> str:
    """Return the id of an Item: the product's name without its extension, as in CDSE's own catalogue.

    Examples
    --------
    >>> item_id("S3B_OL_1_EFR____20240415T074029_20240415T074329_20240415T094236_0179_092_035_1620_PS2_O_NR_003.SEN3")
    'S3B_OL_1_EFR____20240415T074029_20240415T074329_20240415T094236_0179_092_035_1620_PS2_O_NR_003'
    """
    for extension in _EXTENSIONS:
        if name.endswith(extension):
            return name.removesuffix(extension)
    return name


def item(product: Product, service: Service | None = None) -> dict[str, Any]:
    """Return a product as a STAC 1.1 Item.

    Parameters
    ----------
    product : Product
        A row of the catalogue, best with ``Attributes`` and ``Assets``.
    service : Service, optional
        Whose addresses to write; the real service and the in-process API by default.

    Returns
    -------
    dict
        JSON-ready. ``geometry`` is ``None`` for products without footprint; there is then no ``bbox``.
    """
    service = service or _DEFAULT
    mission = mission_of(product.name, str(product.attributes.get("platformShortName", "")), product.s3_path)
    attributes = product.attributes
    collection = (
        collection_id(
            product.name, mission, str(attributes.get("productType", "")), str(attributes.get("processingLevel", ""))
        )
        if mission
        else None
    )
    properties = _properties(product, mission, collection or "", service)
    assets = product_assets(product, collection or "", service)
    made: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions_of(properties, assets),
        "id": item_id(product.name),
        "geometry": product.footprint,
        "properties": properties,
        "links": _links(product, collection, service),
        "assets": assets,
    }
    if collection is not None:
        made["collection"] = collection
    if product.footprint is not None:
        made["bbox"] = bounds(product.footprint)
    return made


_DEFAULT = Service()


def _properties(product: Product, mission: str, collection: str, service: Service) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "created": product.created,
        "updated": product.updated,
        "published": product.published,
        "eopf:origin_datetime": product.created,
        "datetime": product.start,
        "start_datetime": product.start,
        "end_datetime": product.end,
        **_platform(product, mission),
        **_constants(mission, collection),
        "auth:schemes": service.auth_schemes,
        "storage:schemes": service.storage_schemes,
    }
    properties = {key: value for key, value in properties.items() if value is not None}
    properties.setdefault("datetime", None)
    _read_attributes(properties, product.attributes, mission, collection)
    gsd = GSD.get(properties.get("product:type", ""))
    if gsd is not None:
        properties["gsd"] = gsd
    if product.evicted is not None:
        properties["expires"] = _NEVER if product.evicted.startswith("9999-") else product.evicted
    _add_timeliness(properties, product, mission)
    return properties


def _read_attributes(properties: dict[str, Any], attributes: Mapping[str, Any], mission: str, collection: str) -> None:
    for name, row in readers(mission).items():
        raw = attributes.get(name)
        if raw is None:
            continue
        value = row.converter.read(raw)
        if value is not None and not (row.stac in _SINGLE_VALUE and value < 1):
            properties[row.stac] = value
    processor, version = attributes.get("processorName"), attributes.get("processorVersion")
    if processor and version:
        properties["processing:software"] = {processor: version}
    if collection == _COG:
        # The record repeats the centre and the version of the original, CDSE's own Item names those of the twin.
        properties.pop("processing:facility", None)
        properties.pop("processing:version", None)
    if not collection.startswith("sentinel-1-slc"):
        properties.pop("sar:beam_ids", None)
    if mission == "SENTINEL-2" and "processing:facility" not in properties and attributes.get("origin"):
        properties["processing:facility"] = attributes["origin"]


def _add_timeliness(properties: dict[str, Any], product: Product, mission: str) -> None:
    """Give the category its duration; one without a known duration cannot be written (product extension v1.0.0)."""
    category = properties.get("product:timeliness_category")
    if mission == "SENTINEL-5P":
        category = product.name[4:8]
        properties.pop("product:timeliness_category", None)
    duration = TIMELINESS.get(category or "")
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
        platform = short or None
    designator = DESIGNATORS.get(platform or "")
    return (
        ("platform", platform),
        ("constellation", constellation),
        ("sat:platform_international_designator", designator),
    )


@lru_cache(maxsize=512)
def _constant_items(mission: str, collection: str) -> tuple[tuple[str, Any], ...]:
    known = MISSIONS.get(mission)
    if known is None or collection.endswith("-aux"):
        return ()
    constants = dict(known.constants)
    if collection.startswith("sentinel-1-grd"):
        constants["sar:observation_direction"] = "right"
    return tuple(constants.items())


def _constants(mission: str, collection: str) -> dict[str, Any]:
    return dict(_constant_items(mission, collection))


def _links(product: Product, collection: str | None, service: Service) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    if collection is not None:
        links.append({"rel": "collection", "href": service.collection_url(collection), "type": "application/json"})
    history = version_history(product.name)
    folder = enclosure(product)
    return [*links, *(link for link in (history, folder) if link is not None)]


def version_history(name: str) -> dict[str, Any] | None:
    """Return the link to the traceability record of a Sentinel product; auxiliary files and others have none."""
    if not name.startswith(("S1", "S2", "S3", "S5P")) or "_AUX_" in name:
        return None
    traced = name if name.endswith(".nc") else f"{name}.zip"
    return {
        "rel": "version-history",
        "href": f"https://trace.dataspace.copernicus.eu/api/v1/traces/name/{traced}",
        "type": "application/json",
        "title": "Product history record from the CDSE traceability service",
    }
