"""The archive of a sandbox: made, or found as it was left.

A marker in the folder says what it holds. It is written twice: before building, as unfinished, and after; so an
interrupted build is noticed and made anew, and a folder that is not ours is never touched.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phistac.sandbox.config import SandboxConfig

__all__ = ["MARKER", "prepare"]

MARKER = ".phistac-sandbox.json"
_FORMAT = 2


def prepare(
    root: Path,
    config: SandboxConfig,
    *,
    progress: Callable[[str], None] | None = None,
    make: Callable[[Path], None] | None = None,
) -> None:
    """See to it that ``root`` holds the archive that ``config`` asks for.

    Parameters
    ----------
    root : Path
        A folder: missing, empty, or an archive made before.
    config : SandboxConfig
        Its ``data``, or its ``seed`` and ``size``, say what the archive is.
    progress : callable, optional
        Is told what is being built.
    make : callable, optional
        Builds the archive in an empty folder; for tests.

    Raises
    ------
    ConfigurationError
        If the folder holds something else, or another archive.
    """
    wanted = _contents(config)
    found = _marker(root)
    if found is None and root.exists() and any(root.iterdir()):
        raise ConfigurationError(
            f"the folder {root} is not empty and holds no sandbox", remedy="Give an empty or a new folder."
        )
    if found is not None and found["contents"] != wanted:
        raise ConfigurationError(
            f"the folder {root} holds another archive ({_words(found['contents'])})",
            remedy=f"Give another folder for {_words(wanted)}, or remove that one.",
        )
    if found is not None and found["complete"]:
        return
    root.mkdir(parents=True, exist_ok=True)
    for name in ("s3", "catalogue"):
        if (root / name).exists():
            shutil.rmtree(root / name)
    _write_marker(root, wanted, complete=False)
    (make or _maker(config, progress))(root)
    (root / "s3" / "eodata").mkdir(parents=True, exist_ok=True)
    _write_marker(root, wanted, complete=True)


def _maker(config: SandboxConfig, progress: Callable[[str], None] | None) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        from phistac.sandbox import archive  # noqa: PLC0415 - needs imaging libraries; an archive made before does not

        if config.data is not None:
            archive.adopt(root, config.data, progress=progress, complete_measurements=config.complete_measurements)
        else:
            archive.build(root, seed=config.seed, size=config.size, progress=progress)

    return make


def _contents(config: SandboxConfig) -> dict[str, Any]:
    if config.data is not None:
        completed = {"complete_measurements": True} if config.complete_measurements else {}
        return {"data": str(config.data.resolve()), **completed}
    return {"seed": config.seed, "size": config.size}


def _words(contents: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in contents.items())


def _marker(root: Path) -> dict[str, Any] | None:
    try:
        marker = json.loads((root / MARKER).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ConfigurationError(f"{root / MARKER} cannot be read", remedy="Remove that folder.") from error
    if not isinstance(marker, dict) or marker.get("format") != _FORMAT:
        raise ConfigurationError(f"{root / MARKER} is from another version", remedy="Remove that folder.")
    return marker


def _write_marker(root: Path, contents: dict[str, Any], *, complete: bool) -> None:
    temporary = root / (MARKER + ".part")
    temporary.write_text(json.dumps({"format": _FORMAT, "complete": complete, "contents": contents}))
    temporary.replace(root / MARKER)
