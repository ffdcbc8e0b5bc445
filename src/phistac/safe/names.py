"""What the name of a product says.

The naming conventions of Sentinel-1, 2, 3, 5P and 6, without a list of platforms: Sentinel-1C, 1D or 3C are letters as
good as A and B. Sources: Sentinel-1 Product Specification S1-RS-MDA-52-7441 §3.4, Sentinel-2 PSD §3.2.1, Sentinel-3
PDGS File Naming Convention, S5P-KNMI-L01B-0012.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProductName"]

_TIME = r"\d{8}T\d{6}"
_PATTERNS = {
    "sentinel-1": re.compile(
        rf"S1(?P<unit>[A-Z])_(?P<product_type>(?P<mode>IW|EW|WV|EN|AN|RF|HK|GP|S[1-6]|Z[\dA-Z]|N[1-6])_[A-Z]{{3}}[FHM_]_"
        rf"[\dA_][SAN_])(?P<polarization>[A-Z_]{{2}})_(?P<start>{_TIME})_(?P<stop>{_TIME})_(?P<absolute_orbit>\d{{6}})_"
        r"(?P<datatake>[0-9A-F]{6})_(?P<unique>[0-9A-F]{4})(?P<variant>_COG)?"
    ),
    "sentinel-2": re.compile(
        rf"S2(?P<unit>[A-Z])_(?P<product_type>MSI[A-Z0-9]{{3}})_(?P<start>{_TIME})_(?:N(?P<baseline>\d{{4}})_)?"
        rf"R(?P<relative_orbit>\d{{3}})_(?:T(?P<tile>\d\d[A-Z]{{3}})_)?(?P<discriminator>\d{{8}}T\d{{5,6}})"
    ),
    "sentinel-3": re.compile(
        rf"S3(?P<unit>[A-Z_])_(?P<product_type>(?P<instrument>[A-Z_]{{2}})_(?P<level>[0-9_])_[A-Z0-9_]{{6}})_(?P<start>{_TIME})_"
        rf"(?P<stop>{_TIME})_(?P<created>{_TIME})_(?P<instance>.{{17}})_(?P<centre>[A-Z0-9_]{{3}})_(?P<class>[A-Z_])_"
        r"(?P<timeliness>[A-Z0-9_]{2})_(?P<baseline>[A-Z0-9_]{3})"
    ),
    "sentinel-5p": re.compile(
        r"S5(?P<unit>P)_(?P<timeliness>[A-Z]{4})_(?P<product_type>(?P<level>L1B|L2_)_[A-Z0-9_]{6,7})_"
        rf"(?P<start>{_TIME})_(?P<stop>{_TIME})_(?P<absolute_orbit>\d{{5}})_(?P<collection>\d{{2}})_(?P<baseline>\d{{6}})_"
        rf"(?P<created>{_TIME})"
    ),
    "sentinel-6": re.compile(
        rf"S6(?P<unit>[A-Z_])_(?P<product_type>[A-Z0-9]{{2}}_[A-Z0-9_]{{10,12}}?)_+(?P<start>{_TIME})_(?P<stop>{_TIME})_"
        rf"(?P<created>{_TIME})_(?P<instance>.+)"
    ),
}
_EXTENSION = re.compile(r"\.(SAFE|SEN3|SEN6|nc|zip|tgz|tar)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProductName:
    """The parts of a product's name.

    Attributes
    ----------
    name : str
        Without ``.SAFE``, ``.SEN3``, ``.nc`` or ``.zip``.
    extension : str
        What was taken off, such as ``.SAFE``; empty where there was none.
    constellation, platform : str
        As STAC writes them: ``sentinel-1`` and ``sentinel-1a``.
    product_type : str
        ``IW_SLC__1S``, ``MSIL2A``, ``OL_1_EFR___``, ``L2__NO2___``.
    start, stop : datetime
        Sensing times, UTC, to the second; ``stop`` is ``None`` for Sentinel-2, whose names do not have it.
    fields : mapping of str to str
        What else the name says: ``mode``, ``polarization``, ``absolute_orbit``, ``datatake``, ``unique`` (Sentinel-1);
        ``baseline``, ``relative_orbit``, ``tile``, ``discriminator`` (Sentinel-2); ``timeliness``, ``created``, …

    Examples
    --------
    >>> name = ProductName.parse("S1C_IW_SLC__1SDV_20250406T022008_20250406T022035_058630_07421F_93A7.SAFE")
    >>> name.platform, name.product_type, name.fields["datatake"]
    ('sentinel-1c', 'IW_SLC__1S', '07421F')
    """

    name: str
    extension: str
    constellation: str
    platform: str
    product_type: str
    start: datetime
    stop: datetime | None
    fields: Mapping[str, str]

    @classmethod
    def parse(cls, name: str) -> ProductName:
        """Take a name apart.

        Parameters
        ----------
        name : str
            With or without extension, and without folders.

        Returns
        -------
        ProductName
            Its parts.

        Raises
        ------
        FormatError
            If it follows none of the naming conventions.
        """
        stem, extension = _split_extension(name.strip().rstrip("/"))
        for constellation, pattern in _PATTERNS.items():
            match = pattern.fullmatch(stem)
            if match is not None:
                return cls._of(stem, extension, constellation, {k: v for k, v in match.groupdict().items() if v})
        raise FormatError(f"{name[:120]!r} is not the name of a Sentinel product")

    @classmethod
    def _of(cls, stem: str, extension: str, constellation: str, fields: dict[str, str]) -> ProductName:
        unit, kind = fields.pop("unit").lower(), fields.pop("product_type")
        start, stop = _time(fields.pop("start")), fields.pop("stop", None)
        platform = constellation if constellation.endswith("5p") else f"{constellation}{unit.strip('_')}"
        return cls(
            name=stem, extension=extension, constellation=constellation, platform=platform, product_type=kind,
            start=start, stop=None if stop is None else _time(stop), fields=MappingProxyType(fields),
        )  # fmt: skip

    def __reduce__(self) -> tuple[object, ...]:
        # The read-only view of a dict does not pickle; the name says everything.
        return ProductName.parse, (self.name + self.extension,)


def _split_extension(name: str) -> tuple[str, str]:
    stem, extension = name, ""
    while (match := _EXTENSION.search(stem)) is not None:
        stem, extension = stem[: match.start()], match.group() + extension
    return stem, extension


def _time(value: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError(f"{value!r} in a product's name is not a time") from error
