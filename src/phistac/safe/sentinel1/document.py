"""One XML file of a product: parsed when something in it is needed, and each part of it read once.

Eight groups of a dataset come from one annotation of a megabyte, and who opens a tree looks at few of them. The bytes
stay; the elements, of five times the size, go when the file is put to rest, and come back when a table is touched.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from phistac.errors import FormatError
from phistac.safe.xml import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.safe.xml import Element

__all__ = ["Document"]

T = TypeVar("T")


class Document:
    """The bytes of an XML file, and what was read from them so far.

    It is shared by the tables of one opened product and by their threads. It does not travel: tables pickle as values.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What to call it in errors: its path in the product.

    Examples
    --------
    >>> from phistac.safe.xml import text
    >>> document = Document(b"<product><swath>IW1</swath></product>", "annotation/a.xml")
    >>> document.get(lambda root: text(root, "swath"))
    'IW1'
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._data = data
        self._root: Element | None = None
        self._parts: dict[Callable[[Element], Any], Any] = {}
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"<Document {self.name}>"

    def get(self, part: Callable[[Element], T]) -> T:
        """Return what ``part`` makes of the root element; the second time it is known.

        Raises
        ------
        FormatError
            If the file is not well-formed, or the part is not what it should be; the file is named.
        """
        with self._lock:
            if part not in self._parts:
                try:
                    self._parts[part] = part(self._parsed())
                except FormatError as error:
                    if self.name in error.message:
                        raise
                    raise FormatError(f"{self.name}: {error.message}", remedy=error.remedy) from error
            return cast("T", self._parts[part])

    def rest(self) -> None:
        """Let go of the elements until something else is asked for."""
        with self._lock:
            self._root = None

    def _parsed(self) -> Element:
        if self._root is None:
            self._root = parse(self._data, name=self.name)
        return self._root
