"""Products as STAC Items: what CDSE's own catalogue would write, as far as the record says it.

Items are plain dicts, built from the crosswalk; pystac objects are made at the edge. What the record does not say
(scene angles, statistics, per-file assets) is not written: nothing is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.odata.footprints import bounds
from phistac.stac.assets import enclosure, product_assets
from phistac.stac.extensions import extensions_of
from phistac.stac.families import collection_id, mission_of
from phistac.stac.ids import item_id
from phistac.stac.named_assets import named_assets
from phistac.stac.product_properties import properties_of
from phistac.stac.service import Service

if TYPE_CHECKING:
    from phistac.odata.records import Product

__all__ = ["item", "version_history"]

_TRACED = ("S1", "S2", "S3", "S5P", "S6", "Sentinel-1_", "Sentinel-2_")


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
    properties = properties_of(product, mission, collection or "", service)
    assets = product_assets(product, collection or "", service)
    whole = [(key, assets.pop(key)) for key in ("product", "Product") if key in assets]
    assets.update(named_assets(product, service))
    assets.update(whole)
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


def _links(product: Product, collection: str | None, service: Service) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    if collection is not None:
        links.append({"rel": "collection", "href": service.collection_url(collection), "type": "application/json"})
    history = version_history(product.name)
    folder = enclosure(product)
    return [*links, *(link for link in (history, folder) if link is not None)]


def version_history(name: str) -> dict[str, Any] | None:
    """Return the link to the traceability record of a Sentinel product; auxiliary files and others have none."""
    if not name.startswith(_TRACED) or "_AUX_" in name:
        return None
    traced = name if name.endswith(".nc") else f"{name}.zip"
    return {
        "rel": "version-history",
        "href": f"https://trace.dataspace.copernicus.eu/api/v1/traces/name/{traced}",
        "type": "application/json",
        "title": "Product history record from the CDSE traceability service",
    }
