"""Tables as text for the terminal and as Markdown for the page, of which each benchmark has a part of its own."""

from __future__ import annotations

import re

__all__ = ["merged", "text"]

_HEAD = """# Benchmarks

phistac beside other tools, on one sandbox: a Copernicus Data Space on this machine, with its quotas. `make benchmarks`
makes an environment for the other tools, measures, checks that all of them return the same, and writes this page;
`python -m benchmarks reads` measures one part anew and leaves the others as they are. Absolute numbers depend on the
machine, on which server and client share the cores; what counts are the ratios within one table. Every number is the
best of several turns, taken in alternation with the others. Goals that are missed stay here.
"""
_PART = re.compile(r"^<!-- part: (\w+) -->\n", re.MULTILINE)


def text(table):
    """Return a table with aligned columns."""
    plain = [[cell.replace("**", "") for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[i]) for row in plain) for i in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in plain]
    lines.insert(1, "  ".join("-" * width for width in widths))
    goals = [str(goal).replace("**", "") for goal in table.goals]
    return "\n".join([table.title, *lines, table.checked, *goals])


def merged(page, name, tables, machine, order):
    """Return a page with the part of one benchmark put in the place of what it said before.

    Parameters
    ----------
    page : str
        The page as it is; empty for none.
    name : str
        The benchmark.
    tables : list of Table
        What it returned.
    machine : dict
        When, where and with what it was measured.
    order : list of str
        All benchmarks, in the order of the page.
    """
    _, *pieces = _PART.split(page)
    parts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    parts[name] = "\n".join([*(_section(table) for table in tables), _measured(machine)])
    known = [part for part in order if part in parts]
    body = "\n".join(f"<!-- part: {part} -->\n{parts[part].strip()}\n" for part in known)
    return f"{_HEAD}\n{body}"


def _section(table):
    lines = [f"## {table.title}", "", table.setting, "", _line(table.columns), _line("---" for _ in table.columns)]
    lines += [_line(cell.replace("|", "\\|") for cell in row) for row in table.rows]
    lines += ["", f"Checked: {table.checked}", ""]
    if table.goals:
        lines += [*(f"- {goal}" for goal in table.goals), ""]
    return "\n".join(lines)


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _measured(machine):
    ours, peers = (", ".join(f"{name} {number}" for name, number in machine[who].items()) for who in ("ours", "peers"))
    return (
        f"*Measured {machine['date']} on {machine['machine']}, load {machine['load']} before. Python"
        f" {machine['python']}, {ours}. Beside: {peers}.*\n"
    )
