"""The collections: their ids, what of the catalogue they are, and their STAC documents.

A mission-wide collection (``sentinel-1``, ``landsat-5``) is everything of one OData collection; its Items name the
narrower collection they belong to, where there is one. Those with narrower ones can be searched and fetched by id, but
are not listed: who walks the list meets every Item once, in the collection that it names.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from phistac.errors import UnknownCollectionError
from phistac.odata.attributes import COLLECTIONS as ODATA_COLLECTIONS
from phistac.odata.filters import Attribute, Comparison, Expression, NamePattern, all_of, any_of
from phistac.stac.families import SENTINEL_3, SENTINEL_5P, SENTINEL_6, sentinel3_id, sentinel5p_id, sentinel6_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.odata.query import Entity

__all__ = ["BURSTS", "Collection", "all_collections", "collection", "members"]

BURSTS = "sentinel-1-slc-burst"
"""Id of the collection of Sentinel-1 bursts."""


@dataclass(frozen=True)
class Collection:
    """One collection: which records of the catalogue it holds, and how to describe it."""

    id: str
    title: str
    description: str
    odata: str
    """``Collection/Name`` in the catalogue."""
    condition: Expression | None
    """What its records satisfy; ``None`` for all bursts."""
    entity: Entity = "Products"
    product_types: tuple[str, ...] = ()
    native: bool = False
    """Whether CDSE's own STAC catalogue has a collection of this id."""
    wide: bool = False
    """Whether it is a whole OData collection, whose Items may name narrower ones."""

    @property
    def listed(self) -> bool:
        """Whether the list of collections has it: no other one holds some of its Items."""
        return not self.wide or not any(
            other.odata == self.odata and not other.wide for other in all_collections().values()
        )

    @property
    def short(self) -> bool:
        """Whether no record spans more than two weeks: true of what sensors record, not of auxiliary files."""
        sensed = ("sentinel-1-", "sentinel-2-", "sentinel-3-", "sentinel-5p-", "landsat-8-l1tp")
        return not self.wide and self.id.startswith(sensed) and self.id != "sentinel-1-aux"


def _types(names: Iterable[str]) -> Expression:
    return any_of(Attribute("productType", "String", "eq", name) for name in names)


def _of(odata: str, *conditions: Expression) -> Expression:
    return all_of((Comparison("Collection/Name", "eq", odata), *conditions))


_STRIPMAP = tuple(f"S{number}" for number in range(1, 7))
_SLC = tuple(f"{mode}_SLC__1S" for mode in ("IW", "EW", *_STRIPMAP))
# The nine types that CDSE's own collection names; alternatives make the address of a search long.
_GRD = ("IW_GRDH_1S", "EW_GRDM_1S", "EW_GRDH_1S", *(f"{mode}_GRDH_1S" for mode in _STRIPMAP))
_OCN = tuple(f"{mode}_OCN__2S" for mode in ("IW", "EW", "WV", *_STRIPMAP))


def _sentinel1() -> Iterable[Collection]:
    yield Collection(
        "sentinel-1-slc", "Sentinel-1 Single Look Complex: IW, EW, SM",
        "Sentinel-1 Level-1 Single Look Complex products of the modes IW, EW and SM: complex samples in slant range.",
        "SENTINEL-1", _of("SENTINEL-1", _types(_SLC)), product_types=_SLC, native=True,
    )  # fmt: skip
    yield Collection(
        "sentinel-1-slc-wv", "Sentinel-1 Single Look Complex: WV",
        "Sentinel-1 Level-1 Single Look Complex products of the wave mode: vignettes of 20 km along the orbit.",
        "SENTINEL-1", _of("SENTINEL-1", _types(("WV_SLC__1S",))), product_types=("WV_SLC__1S",), native=True,
    )  # fmt: skip
    yield Collection(
        "sentinel-1-grd", "Sentinel-1 Ground Range Detected (GRD), cloud optimized",
        "Sentinel-1 Level-1 GRD as Cloud Optimized GeoTIFF: the twin that CloudFerro makes of each of ESA's products.",
        "SENTINEL-1", _of("SENTINEL-1", _types(f"{name}-COG" for name in _GRD)), product_types=_GRD, native=True,
    )  # fmt: skip
    yield Collection(
        "sentinel-1-grd-safe", "Sentinel-1 Ground Range Detected (GRD), as ESA makes it",
        "Sentinel-1 Level-1 GRD in ESA's own SAFE format, which sentinel-1-grd has as cloud optimized twins.",
        "SENTINEL-1", _of("SENTINEL-1", _types(_GRD)), product_types=_GRD,
    )  # fmt: skip
    yield Collection(
        "sentinel-1-raw", "Sentinel-1 Level-0 RAW",
        "Sentinel-1 Level-0: instrument source packets as received.",
        "SENTINEL-1", _of("SENTINEL-1", _types(("RAW",))),
    )  # fmt: skip
    yield Collection(
        "sentinel-1-ocn", "Sentinel-1 Level-2 Ocean (OCN)",
        "Sentinel-1 Level-2 Ocean: wind, swell and surface radial velocity.",
        "SENTINEL-1", _of("SENTINEL-1", _types(_OCN)), product_types=_OCN,
    )  # fmt: skip
    yield Collection(
        "sentinel-1-aux", "Sentinel-1 auxiliary files",
        "Auxiliary files of Sentinel-1: precise and restituted orbits, calibration, instrument, processor.",
        "SENTINEL-1", _of("SENTINEL-1", NamePattern("contains", "_AUX_")),
    )  # fmt: skip
    yield Collection(
        BURSTS, "Sentinel-1 SLC bursts",
        "Single bursts of Sentinel-1 IW and EW SLC products, one Item for each swath and polarization, with the byte "
        "range that holds the samples of the burst.",
        "SENTINEL-1", None, entity="Bursts", product_types=("IW_SLC__1S", "EW_SLC__1S"),
    )  # fmt: skip


def _sentinel2() -> Iterable[Collection]:
    for level, content in (
        ("1C", "top of atmosphere reflectance"),
        ("2A", "surface reflectance and scene classification"),
    ):
        kind = f"S2MSI{level}"
        yield Collection(
            f"sentinel-2-l{level.lower()}", f"Sentinel-2 Level-{level}",
            f"Sentinel-2 Level-{level}: {content}, in tiles.",
            "SENTINEL-2", _of("SENTINEL-2", _types((kind,))), product_types=(kind,), native=True,
        )  # fmt: skip


def _sentinel3() -> Iterable[Collection]:
    for kind, classes in SENTINEL_3.items():
        for timeliness in classes:
            identifier = sentinel3_id(kind, timeliness)
            title = f"Sentinel-3 {kind.rstrip('_')} ({identifier.rpartition('-')[2].upper()})"
            when = Attribute("timeliness", "String", "eq", timeliness)
            yield Collection(
                identifier, title, f"{title}: products of type {kind}, timeliness {timeliness}.", "SENTINEL-3",
                _of("SENTINEL-3", _types((kind,)), when), product_types=(kind,), native=kind != "SR_1_SRA_BS",
            )  # fmt: skip


def _sentinel5p() -> Iterable[Collection]:
    for kind, modes in SENTINEL_5P.items():
        for mode in modes:
            title = f"Sentinel-5P {kind.rstrip('_')} ({mode})"
            # The name says type and mode both, and is spelled the same in all years.
            yield Collection(
                sentinel5p_id(kind, mode), title, f"{title}: products of type {kind}, mode {mode}.", "SENTINEL-5P",
                _of("SENTINEL-5P", NamePattern("startswith", f"S5P_{mode}_{kind}")), product_types=(kind,), native=True,
            )  # fmt: skip


def _sentinel6() -> Iterable[Collection]:
    for kind, name in SENTINEL_6.items():
        for timeliness in ("NR", "ST", "NT"):
            identifier = sentinel6_id(kind, timeliness)
            title = f"Sentinel-6 {name.upper()} ({identifier.rpartition('-')[2].upper()})"
            # Names say type and timeliness both; the spelling of the types in the attribute is not the same everywhere.
            conditions = (NamePattern("contains", f"_{kind}_"), NamePattern("contains", f"_{timeliness}_F"))
            yield Collection(
                identifier, title, f"{title}: products whose names say {kind} and {timeliness}.", "SENTINEL-6",
                _of("SENTINEL-6", *conditions), native=name != "amr-c",  # its collection is sentinel-6-amr-ntc
            )  # fmt: skip


def _mosaics() -> Iterable[Collection]:
    for number, content in ((1, "backscatter of a month, IW and DH"), (2, "cloud free reflectance of three months")):
        yield Collection(
            f"sentinel-{number}-global-mosaics", f"Sentinel-{number} Global Mosaics",
            f"Mosaics of Sentinel-{number}: {content}, in tiles.", "GLOBAL-MOSAICS",
            _of("GLOBAL-MOSAICS", NamePattern("startswith", f"Sentinel-{number}_")), native=True,
        )  # fmt: skip


def _others() -> Iterable[Collection]:
    level = Attribute("processingLevel", "String", "eq", "LEVEL1TP")
    yield Collection(
        "landsat-8-l1tp", "Landsat-8 Level-1TP", "Landsat-8 scenes, Level-1, precision and terrain corrected.",
        "LANDSAT-8", _of("LANDSAT-8", level),
    )  # fmt: skip
    for name in ODATA_COLLECTIONS:
        yield Collection(
            name.lower(), f"Everything of {name}", f"All products of the catalogue's collection {name}, of any type.",
            name, _of(name), wide=True,
        )  # fmt: skip


@cache
def all_collections() -> dict[str, Collection]:
    """Return every collection by its id."""
    groups = (_sentinel1(), _sentinel2(), _sentinel3(), _sentinel5p(), _sentinel6(), _mosaics(), _others())
    return {each.id: each for group in groups for each in group}


def members(identifier: str) -> frozenset[str]:
    """Return the collections that the Items of a collection may name: itself, and those that a mission-wide one holds.

    Raises
    ------
    UnknownCollectionError
        If there is no such collection.

    Examples
    --------
    >>> "sentinel-2-l2a" in members("sentinel-2"), sorted(members("sentinel-2-l2a"))
    (True, ['sentinel-2-l2a'])
    """
    found = collection(identifier)
    inside = (each.id for each in all_collections().values() if found.wide and found.entity == each.entity
              and found.odata == each.odata)  # fmt: skip
    return frozenset({identifier, *inside})


def collection(identifier: str) -> Collection:
    """Return a collection.

    Raises
    ------
    UnknownCollectionError
        If there is none of this id; the message names those that are nearly called so.
    """
    known = all_collections()
    found = known.get(identifier)
    if found is None:
        near = difflib.get_close_matches(str(identifier).lower().replace("_", "-"), known, n=3, cutoff=0.5)
        remedy = f"Did you mean {', '.join(near)}?" if near else "connect().get_collections() lists them all."
        raise UnknownCollectionError(f"there is no collection {identifier!r}", remedy=remedy)
    return found
