"""The command line: ``phistac demo | sandbox | login | logout | search | download | serve``.

Standard output carries data (Items as JSON Lines), standard error everything else. An error is one line. Exit codes are
those of :data:`EXITS`, which every ``--help`` shows.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phistac
from phistac.analysis.rendering import counted
from phistac.errors import (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PhistacError,
    QueryError,
    TransferError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["EXITS", "main"]

EXITS = """\
exit codes:
  0    done
  1    failed
  2    the command, the search or a setting has no meaning
  3    nothing found
  4    not signed in
  5    some transfers failed; what arrived is whole
  130  interrupted; nothing half-written stays under a final name
"""

_EXIT_CODES: tuple[tuple[type[PhistacError], int], ...] = (
    (QueryError, 2),
    (ConfigurationError, 2),
    (NotFoundError, 3),
    (AuthenticationError, 4),
    (TransferError, 5),
    (PhistacError, 1),
)
_NOTHING_FOUND = 3
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        The exit code: see :data:`EXITS`.
    """
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except PhistacError as error:
        print(f"phistac: {' '.join(str(error).split())}", file=sys.stderr)
        return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our pipe has gone; Python would complain once more at exit
        return 1
    except KeyboardInterrupt:
        print("phistac: interrupted", file=sys.stderr)
        return _INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """A parser whose help ends with the exit codes, and begins with what the command does."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("epilog", EXITS)
        super().__init__(**options, formatter_class=argparse.RawDescriptionHelpFormatter)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="phistac", description="Copernicus Data Space as STAC, xarray and Dask.")
    parser.add_argument("--version", action="version", version=f"phistac {phistac.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_demo(commands)
    _add_sandbox(commands)
    _add_login(commands)
    _add_search(commands)
    _add_download(commands)
    _add_serve(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="run the whole way once, against a sandbox on this machine")
    demo.add_argument("--data", type=Path, metavar="DIR", help="serve the records and products found in this folder")
    demo.add_argument("--root", type=Path, metavar="DIR", help="keep the archive here and use it again")
    demo.add_argument("--out", type=Path, default=Path("demo-output"), metavar="DIR", help="default: %(default)s")
    demo.set_defaults(run=_demo)


def _add_sandbox(commands: Any) -> None:
    from phistac.sandbox import __main__ as service  # noqa: PLC0415 - as for the others

    sandbox = commands.add_parser("sandbox", help="run a Copernicus Data Space on this machine until interrupted")
    service.add_arguments(sandbox)
    sandbox.set_defaults(run=service.run)


def _add_login(commands: Any) -> None:
    from phistac.remote.account import command  # noqa: PLC0415 - each command loads only what it needs

    login = commands.add_parser("login", help="try and store a user name and password, or S3 keys")
    command.add_login_arguments(login)
    login.set_defaults(run=command.run_login)
    logout = commands.add_parser("logout", help="remove what login stored, delete temporary S3 keys")
    command.add_logout_arguments(logout)
    logout.set_defaults(run=command.run_logout)


def _add_search(commands: Any) -> None:
    search = commands.add_parser(
        "search",
        help="print the Items that match, one JSON text a line",
        description="Print the Items that match, one JSON text a line: all of them, however many.\n\n"
        "  phistac search sentinel-1-slc --bbox 14 40.7 14.3 40.9 --datetime 2025-06 > items.jsonl\n"
        "  phistac search sentinel-1-slc-burst --filter \"burst:id = 't044_092602_iw2'\" > bursts.jsonl",
    )
    search.add_argument("collections", nargs="*", metavar="COLLECTION", help="for example sentinel-1-slc")
    area = search.add_mutually_exclusive_group()
    area.add_argument("--intersects", metavar="AREA", help="WKT, or a file that GDAL reads (GeoJSON, GeoPackage, …)")
    area.add_argument(
        "--bbox", type=float, nargs=4, metavar=("WEST", "SOUTH", "EAST", "NORTH"), help="a box in degrees"
    )
    search.add_argument("--datetime", metavar="TIME", help="RFC 3339 time or interval, open ends as '..'; or 2024-08")
    search.add_argument("--filter", metavar="CQL2", help='for example "eo:cloud_cover < 10"')
    search.add_argument("--ids", nargs="+", metavar="ID", help="names of products, with or without extension")
    search.add_argument("--max-items", type=int, metavar="N", help="print no more than so many")
    search.set_defaults(run=_search)


def _add_download(commands: Any) -> None:
    download = commands.add_parser(
        "download",
        help="download whole products, verified",
        description="Download whole products, each object verified; what is there already does not move again.\n\n"
        "  phistac download S1A_IW_SLC__1SDV_20250507T165737_20250507T165748_059091_075421_5CF2 --out data/\n"
        "  phistac search sentinel-1-slc --datetime 2025-06-07 | phistac download --out data/",
    )
    download.add_argument("ids", nargs="*", metavar="ID", help="product names; none: Items on standard input")
    download.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: this folder")
    download.set_defaults(run=_download)


def _add_serve(commands: Any) -> None:
    from phistac.server import command  # noqa: PLC0415 - each command loads only what it needs

    serve = commands.add_parser("serve", help="serve the catalogue as a STAC API until interrupted")
    command.add_arguments(serve)
    serve.set_defaults(run=command.run)


def _demo(options: argparse.Namespace) -> int:
    from phistac.demo import run  # noqa: PLC0415 - each command loads only what it needs

    run(options.out, data=options.data, root=options.root, say=lambda line: print(line, file=sys.stderr, flush=True))
    return 0


def _search(options: argparse.Namespace) -> int:
    found = 0
    for item in _items(options):
        print(json.dumps(item, ensure_ascii=False))
        found += 1
    print(counted(found, "Item"), file=sys.stderr)
    return 0 if found else _NOTHING_FOUND


def _items(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from phistac.local import read_area  # noqa: PLC0415 - each command loads only what it needs

    if not (options.collections or options.ids or options.intersects or options.bbox or options.filter):
        raise QueryError("this would be the whole catalogue", remedy="Name a collection, an area, ids or a filter.")
    search = phistac.connect().search(
        collections=options.collections or None,
        intersects=None if options.intersects is None else read_area(options.intersects),
        bbox=options.bbox,
        datetime=options.datetime,
        ids=options.ids,
        filter=options.filter,
        max_items=options.max_items,
    )
    return iter(search.items_as_dicts())


def _download(options: argparse.Namespace) -> int:
    items = _named(options.ids) if options.ids else _piped()
    report = phistac.download(items, options.out)
    print(report, file=sys.stderr)
    report.raise_for_failures()
    return 0 if items else _NOTHING_FOUND


def _named(ids: Sequence[str]) -> list[dict[str, Any]]:
    from phistac.stac.ids import item_id  # noqa: PLC0415 - each command loads only what it needs

    items = list(phistac.connect().search(ids=list(ids)).items_as_dicts())
    missing = sorted({item_id(each) for each in ids} - {item["id"] for item in items})
    if missing:
        raise NotFoundError(f"no product is called {', '.join(missing)}")
    return items


def _piped() -> list[dict[str, Any]]:
    """Read Items from standard input: one a line as ``phistac search`` prints them, or collections of them."""
    if sys.stdin is None or sys.stdin.isatty():
        raise QueryError("there is nothing to download", remedy="Name products, or pipe in what phistac search prints.")
    items: list[dict[str, Any]] = []
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line.lstrip("\ufeff"))
            items += found["features"] if found["type"] == "FeatureCollection" else [found]
        except (ValueError, KeyError, TypeError) as error:
            raise QueryError(
                f"line {number} of standard input is not an Item in JSON", remedy="Pipe in what phistac search prints."
            ) from error
    return items
