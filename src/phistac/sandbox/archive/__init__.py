"""What the sandbox serves: a seeded archive that it makes, or the records and products found in a folder.

``ROOT/s3/eodata/...``
    Objects of products, under the paths that the catalogue's ``S3Path`` names.
``ROOT/catalogue/{products,bursts,deleted,quicklooks}.jsonl``
    Catalogue rows, one JSON object per line: products as with ``$expand=Attributes,Assets,Locations``, bursts flat,
    quicklooks as ``{"Id": <asset id>, "Path": <path below ROOT>}``.

The same seed gives the same bytes on every machine. Nothing here imports the rooms that the sandbox is there to test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.adopt import adopt
from phistac.sandbox.archive.catalogue import Catalogue
from phistac.sandbox.archive.seeded import fill
from phistac.sandbox.archive.seeded_modes import fill_modes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phistac.sandbox.archive.seeded import Size

__all__ = ["adopt", "build"]


def build(root: Path, *, seed: int = 1, size: Size = "small", progress: Callable[[str], None] | None = None) -> None:
    """Make a seeded archive below ``root``.

    Parameters
    ----------
    root : Path
        A folder that is empty or does not exist.
    seed : int
        The same seed gives the same bytes.
    size : {"small", "full", "modes"}
        ``small``: some 220 products, about 150 MB. ``full``: the same, with the newest Sentinel-1 SLC in the real size
        (8 GB as sparse files, about 1 GB on disk; the middle burst of every image has pixels). ``modes``: instead, one
        small Sentinel-1 product of every mode, kind and layout of files.
    progress : callable, optional
        Told what is being made, in a few words.

    Raises
    ------
    OSError
        If ``root`` cannot be written.
    """
    catalogue = Catalogue()
    tell = progress or (lambda _: None)
    if size == "modes":
        fill_modes(root, catalogue, seed=seed, progress=tell)
    else:
        fill(root, catalogue, seed=seed, size=size, progress=tell)
    catalogue.write(root)
