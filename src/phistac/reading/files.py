"""Which files of a product to read: absent ones left out, and ones under other names found, as in xarray-sentinel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import FormatError
from phistac.safe import sentinel1 as safe1
from phistac.safe import sentinel3 as safe3
from phistac.safe.paths import relative_path
from phistac.safe.sentinel1.product import file_facts

if TYPE_CHECKING:
    from phistac.safe.manifest import ManifestObject

__all__ = ["overridden", "present"]

_Product: TypeAlias = "safe1.Sentinel1Product | safe3.Sentinel3Product"
_ROLES = ("annotation", "measurement", "calibration", "noise", "rfi")


def overridden(product: safe1.Sentinel1Product, template: str) -> safe1.Sentinel1Product:
    """Give the files of a product the paths that a template says.

    Raises
    ------
    FormatError
        If the template cannot be filled in.
    UnsafePathError
        If it leads out of the product.
    """
    return _mapped(product, lambda item: replace(item, path=_overridden(template, item)))


def _mapped(product: safe1.Sentinel1Product, change: Any) -> safe1.Sentinel1Product:
    images = []
    for files in product.images:
        found = {role: item for role in _ROLES if (item := getattr(files, role)) is not None}
        images.append(replace(files, **{role: change(item) for role, item in found.items()}))
    return replace(product, images=tuple(images))


def present(product: _Product, there: frozenset[str]) -> _Product:
    """Leave out what is not there: files, and images without an annotation."""
    if isinstance(product, safe1.Sentinel1Product):
        kept = _mapped(product, lambda item: item if item.path in there else None)
        return replace(kept, images=tuple(files for files in kept.images if files.annotation is not None))
    groups = {name: tuple(item for item in files if item.path in there) for name, files in product.groups.items()}
    files = {name: item for name, item in product.files.items() if item.path in there}
    return replace(product, groups={name: items for name, items in groups.items() if items}, files=files)


def _overridden(template: str, item: ManifestObject) -> str:
    facts = file_facts(item.path) or {}
    dirname, _, _ = item.path.rpartition("/")
    prefix = f"{facts['prefix']}-" if facts.get("prefix") else ""
    fields = {
        "path": item.path, "dirname": dirname, "prefix": prefix, "ext": f".{facts.get('extension', '')}",
        "type": item.kind,
        "swath": facts.get("swath", "").lower(), "polarization": facts.get("polarization", "").lower(),
        "date": facts.get("start", ""),
    }  # fmt: skip
    try:
        return relative_path(template.format_map(fields))
    except (KeyError, IndexError, ValueError) as error:
        raise FormatError(f"override_product_files={template!r} cannot be filled in: {error}") from error
