"""``python -m benchmarks [name ...]``: measure, print the tables, write them into ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.machine import describe
from benchmarks.report import merged, text

_NAMES = ["items", "search", "reads", "metadata", "series", "cluster", "retrieval"]
_HERE = Path(__file__).parent
_PAGE = _HERE.parent / "docs" / "benchmarks.md"


def main():
    """Run what was named, or all; the page is written after each, so that nothing measured is lost."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.work.absolute(), options.peers.absolute(), options.rounds)
    missed = []
    for name in options.names or [name for name in _NAMES if (_HERE / f"{name}.py").is_file()]:
        print(f"{name}:", flush=True)
        began, machine = time.perf_counter(), describe(bench)
        tables = import_module(f"benchmarks.{name}").run(bench)
        page = options.page.read_text(encoding="utf-8") if options.page.exists() else ""
        options.page.write_text(merged(page, name, tables, machine, _NAMES), encoding="utf-8")
        for table in tables:
            print(f"\n{text(table)}\n")
            missed += [f"{table.title}: {goal}" for goal in table.goals if not goal.met]
        print(f"{name} took {time.perf_counter() - began:.0f} s; written: {options.page.name}\n", flush=True)
    print("\n".join(["Goals that were missed:", *missed]) if missed else "All goals were met.")


def _options():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(_NAMES)}; all by default")
    parser.add_argument("--peers", type=Path, default=Path("build/peers/bin/python"), help="Python of the other tools")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="folder for archives")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the best counts")
    parser.add_argument("--page", type=Path, default=_PAGE, help="the page to write")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in _NAMES]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; use some of {', '.join(_NAMES)}")
    return options


if __name__ == "__main__":
    main()
