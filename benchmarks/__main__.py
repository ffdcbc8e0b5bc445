"""``python -m benchmarks [name ...]``: measure, print the tables, write them into ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import items, metadata, reads, retrieval, search
from benchmarks.bench import Bench
from benchmarks.machine import describe
from benchmarks.report import keep, kept, markdown, text

_ALL = {"items": items, "search": search, "reads": reads, "metadata": metadata, "retrieval": retrieval}
_PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main():
    """Run what was named, or all."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.work.absolute(), options.peers.absolute(), options.rounds)
    for name in options.names or _ALL:
        print(f"{name}:")
        tables = _ALL[name].run(bench)
        keep(options.work, name, tables, describe(bench))
        for table in tables:
            print(f"\n{text(table)}\n")
    options.page.write_text(markdown(kept(options.work, _ALL)), encoding="utf-8")
    print(f"written: {options.page.name}")


def _options():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_ALL, []], help="which; all by default")
    parser.add_argument("--peers", type=Path, default=Path("build/peers/bin/python"), help="Python of the other tools")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="folder for archives and results")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the best counts")
    parser.add_argument("--page", type=Path, default=_PAGE, help="the page to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
