"""From Items of bursts to the dates of a series: what belongs together, and where the objects of each are.

Nothing is read here. What does not belong together is refused with the key that differs and the Items' ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import ConfigurationError, NotFoundError, QueryError
from phistac.reading.handed import admitted
from phistac.reading.items import locate_item
from phistac.reading.source import locate_product
from phistac.safe.paths import relative_path
from phistac.safe.times import nanoseconds
from phistac.stac.tables import item_dicts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.reading.source import Source
    from phistac.stac.tables import ItemsLike

__all__ = ["Date", "Member", "series_dates"]

_COMMON = ("burst:id", "sar:instrument_mode", "sat:orbit_state")
"""Properties that the Items of one burst share, whatever the date."""

_SAME_PASS = np.timedelta64(1, "s")


@dataclass(frozen=True, slots=True)
class Member:
    """One Item: the burst on one date, in one polarization.

    Attributes
    ----------
    item : str
        Its id.
    polarization : str
        Upper case.
    annotation, measurement : str
        Paths below the bucket.
    offset : int
        Where the burst begins in the measurement.
    """

    item: str
    polarization: str
    annotation: str
    measurement: str
    offset: int


@dataclass(frozen=True, slots=True)
class Date:
    """The burst on one date.

    Attributes
    ----------
    time : datetime64[ns]
        When it began to be sensed, as the Item says; UTC.
    platform, product : str
        Such as ``sentinel-1a``, and the folder of the product.
    relative_id : int
        Number of the burst within the repeat cycle.
    members : tuple of Member
        One for each polarization, sorted by it.
    """

    time: np.datetime64
    platform: str
    product: str
    relative_id: int
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return self.members[0].item


def series_dates(
    items: ItemsLike, *, storage_options: Mapping[str, Any] | None = None
) -> tuple[Source, tuple[Date, ...], dict[str, Any]]:
    """Return the bucket, the dates in order of time, and the properties that all Items share.

    Raises
    ------
    QueryError
        If there is no Item, one is not of a burst, they are not of one burst, a date is there twice or lacks a
        polarization.
    ConfigurationError, NotFoundError
        If an Item leads out of the archive, or to no product.
    """
    found = item_dicts(items)
    if not found:
        raise QueryError("a series needs Items, and there is none", remedy="Search in 'sentinel-1-slc-burst'.")
    _agree(found)
    options = admitted(found[0], storage_options)
    grouped: dict[str, list[tuple[Member, Mapping[str, Any]]]] = {}
    for item in found:
        source, _ = locate_item(item, storage_options=options)
        if not source.url.startswith("cdse://"):
            raise ConfigurationError("a series is read from the archive", remedy="Leave out the endpoint.")
        grouped.setdefault(source.url, []).append((_member(item, source), item["properties"]))
    dates = tuple(sorted((_date(url, pairs) for url, pairs in grouped.items()), key=lambda date: date.time))
    _check_versions(dates)
    _check_polarizations(dates)
    bucket = locate_product(f"cdse://{source.settings.bucket}", settings=source.settings)
    return bucket, dates, {key: found[0]["properties"].get(key) for key in (*_COMMON, "sat:relative_orbit")}


def _agree(items: list[dict[str, Any]]) -> None:
    for item in items:
        if not item["properties"].get("burst:id"):
            raise QueryError(
                f"the Item {item['id']} is not of a burst", remedy="Search in the collection 'sentinel-1-slc-burst'."
            )
        for key in _COMMON:
            ours, theirs = (each["properties"].get(key) for each in (items[0], item))
            if ours != theirs:
                raise QueryError(
                    f"the Items do not belong together: {key} is {ours!r} in {items[0]['id']}, "
                    f"{theirs!r} in {item['id']}",
                    remedy="Make a series of each.",
                )


def _member(item: Mapping[str, Any], source: Source) -> Member:
    places = {name: _below(item, name, source) for name in ("annotation", "data")}
    offset = item["assets"]["data"].get("burst:byte_offset")
    polarizations = item["properties"].get("sar:polarizations") or []
    if offset is None or len(polarizations) != 1:
        raise QueryError(
            f"the Item {item['id']} does not say where its burst begins, or in which polarization it is",
            remedy="Its asset data needs burst:byte_offset, the Item one entry in sar:polarizations.",
        )
    return Member(item["id"], polarizations[0].upper(), places["annotation"], places["data"], int(offset))


def _below(item: Mapping[str, Any], name: str, source: Source) -> str:
    """Return the path of an asset below the bucket; it must be one of the product that the Item leads to."""
    if name not in item["assets"]:
        raise NotFoundError(f"the Item {item['id']} has no asset {name!r}")
    url = locate_product(item["assets"][name]["href"], settings=source.settings).url
    if not url.startswith(f"{source.url}/"):
        raise ConfigurationError(
            f"the asset {name!r} of {item['id']} is not in its product {source.url}", remedy="Is the Item genuine?"
        )
    return relative_path(url.removeprefix(f"cdse://{source.settings.bucket}/"))


def _date(product: str, pairs: list[tuple[Member, Mapping[str, Any]]]) -> Date:
    members = sorted((member for member, _ in pairs), key=lambda member: member.polarization)
    for one, other in pairwise(members):
        if one.polarization == other.polarization:
            raise _twice(one.item, other.item)
    properties = pairs[0][1]
    return Date(
        nanoseconds([str(properties["datetime"])])[0],
        str(properties.get("platform", "")),
        product,
        int(properties["burst:relative_id"]),
        tuple(members),
    )


def _check_versions(dates: tuple[Date, ...]) -> None:
    for one, other in pairwise(dates):
        if one.platform == other.platform and other.time - one.time < _SAME_PASS:
            raise _twice(f"{one.name} of {one.product}", f"{other.name} of {other.product}")


def _twice(one: str, other: str) -> QueryError:
    return QueryError(
        f"one acquisition is there twice: {one} and {other}",
        remedy="phistac.latest(items) keeps one version of each.",
    )


def _check_polarizations(dates: tuple[Date, ...]) -> None:
    names = {member.polarization for date in dates for member in date.members}
    for date in dates:
        if lacking := sorted(names - {member.polarization for member in date.members}):
            raise QueryError(
                f"the Items do not belong together: there is no {', '.join(lacking)} beside {date.name}",
                remedy="Search for one polarization, or leave out the dates that lack one.",
            )
