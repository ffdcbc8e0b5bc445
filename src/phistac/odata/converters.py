"""From a value of the catalogue to a value of STAC, and back.

A reader takes one OData value and returns the STAC value, or ``None`` where there is nothing to say. A writer takes a
STAC value and returns *every* OData value that a record might carry for it, because spellings differ by mission and
year; the filter becomes their alternative. ``read(written) == value`` holds for each of them, tested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.odata.times import instant, normalized

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Converter", "converters_of"]

_LEVEL = re.compile(r"(?:LEVEL|S2MSI|L)?([0-4])[A-Z]{0,2}_?")
_VERSION = re.compile(r"0(\d\d\.\d\d)")
_SEPARATORS = str.maketrans("&,/", "   ")
_WHOLE = 100
_MGRS = re.compile(r"\d\d[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Converter:
    """A reader and its writer."""

    read: Callable[[Any], Any]
    write: Callable[[Any], tuple[Any, ...]]
    least: float | None = None
    most: float | None = None
    """What numbers have to be, or else Items do not have them: records fill in -1, 0 or 120."""

    def within(self, value: float) -> bool:
        """Say whether a number is one that Items have."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def _read_level(value: str) -> str:
    match = _LEVEL.fullmatch(value)
    return f"L{match.group(1)}" if match else value


_LEVELS = {
    "L0": ("LEVEL0", "0", "L0"),
    "L1": ("LEVEL1", "1", "S2MSI1A", "S2MSI1B", "S2MSI1C", "L1", "L1B", "LEVEL1TP", "LEVEL1GT", "LEVEL1GS"),
    "L2": ("LEVEL2", "2", "S2MSI2A", "L2", "L2_", "LEVEL2SP"),
    "L3": ("LEVEL3", "3", "L3"),
}


def _read_polarizations(value: str) -> list[str] | None:
    return value.translate(_SEPARATORS).split() or None


def _write_polarizations(value: Any) -> tuple[str, ...]:
    parts = [value] if isinstance(value, str) else list(value)
    return tuple(dict.fromkeys(("&".join(parts), "&".join(reversed(parts)))))


def _read_beams(value: str) -> list[str] | None:
    """Split ``IW1 IW2 IW3``, ``IW1,IW2,IW3``; a bare ``IW`` names the mode, not the beams."""
    return [part for part in value.lower().translate(_SEPARATORS).split() if part[-1].isdigit()] or None


def _write_beams(value: Any) -> tuple[str, ...]:
    parts = sorted(part.upper() for part in ([value] if isinstance(value, str) else value))  # as records have them
    return tuple(dict.fromkeys((",".join(parts), " ".join(parts))))


def _read_instruments(value: str) -> list[str] | None:
    """Split the instruments; ``AUX``, which auxiliary files carry, is none."""
    if value == "SYNERGY":
        return ["olci", "slstr"]
    return None if value in {"AUX", ""} else [value.lower()]


def _write_instruments(value: Any) -> tuple[str, ...]:
    parts = sorted([value] if isinstance(value, str) else value)
    if parts == ["olci", "slstr"]:
        return ("SYNERGY",)
    return (parts[0].upper(),) if len(parts) == 1 else ()


def _read_version(value: str) -> str:
    """Write ``003.92`` as ``03.92``, as the native catalogue does."""
    match = _VERSION.fullmatch(value)
    return match.group(1) if match else value


def _write_version(value: str) -> tuple[str, ...]:
    return (value, f"0{value}") if re.fullmatch(r"\d\d\.\d\d", value) else (value,)


def _read_grid(value: str) -> str | None:
    return f"MGRS-{value}" if _MGRS.fullmatch(value) else None


def _write_grid(value: str) -> tuple[str, ...]:
    return (value.removeprefix("MGRS-"),) if value.startswith("MGRS-") else ()


def _read_product_type(value: str) -> str:
    """Write the type of a COG twin as that of its original, as the native catalogue does."""
    return value.removesuffix("-COG")


def _write_product_type(value: str) -> tuple[str, ...]:
    if value.endswith("-COG"):  # no Item has that
        return ()
    return (value, f"{value}-COG") if "_GRD" in value else (value,)


def _text_to_int(value: str) -> tuple[int, ...]:
    return (int(value),) if re.fullmatch(r"[0-9]{1,18}", str(value)) else ()


def _alone(value: Any) -> tuple[Any, ...]:
    return (value,)


IDENTITY = Converter(read=lambda value: value, write=_alone)

converters_of: Mapping[str, Converter] = {
    "identity": IDENTITY,
    "lower": Converter(read=str.lower, write=lambda value: (value.upper(),)),
    "level": Converter(read=_read_level, write=lambda value: _LEVELS.get(value, (value,))),
    "polarizations": Converter(_read_polarizations, _write_polarizations),
    "beams": Converter(_read_beams, _write_beams),
    "instruments": Converter(_read_instruments, _write_instruments),
    "version": Converter(_read_version, _write_version),
    "grid": Converter(_read_grid, _write_grid),
    "product_type": Converter(_read_product_type, _write_product_type),
    "text": Converter(read=str, write=_text_to_int),
    "time": Converter(read=normalized, write=lambda value: (instant(value),)),
    "percent": Converter(
        read=lambda value: value if 0 <= value <= _WHOLE else None, write=_alone, least=0, most=_WHOLE
    ),
    "counted": Converter(read=lambda value: value if value >= 1 else None, write=_alone, least=1),
}
"""Converters by the name that the table of attributes calls them."""
