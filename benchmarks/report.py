"""Tables as text for the terminal and as Markdown for the page; the last result of each benchmark is kept."""

from __future__ import annotations

import json

from benchmarks.tables import Table

__all__ = ["keep", "kept", "markdown", "text"]

_HEAD = """# Benchmarks

phistac beside other tools, on one sandbox: a Copernicus Data Space on this machine, with its quotas. `make benchmarks`
makes an environment for the other tools, measures, checks that all of them return the same, and writes this page.
Absolute numbers depend on the machine, which was also busy with other things; what counts are the ratios within one
table. Every number is the best of several turns, taken in alternation with the others. Goals that are missed stay here.
"""


def keep(folder, name, tables, machine):
    """Keep the tables of one benchmark, and what they were measured with."""
    path = folder / f"result-{name}.json"
    content = {"machine": machine, "tables": [table.as_dict() for table in tables]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def kept(folder, names):
    """Return machine and tables of every benchmark that has been run, in this order."""
    found = []
    for name in names:
        path = folder / f"result-{name}.json"
        if path.is_file():
            content = json.loads(path.read_text(encoding="utf-8"))
            found.append((content["machine"], [Table.from_dict(table) for table in content["tables"]]))
    return found


def text(table):
    """Return a table with aligned columns."""
    plain = [[cell.replace("**", "") for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[i]) for row in plain) for i in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in plain]
    lines.insert(1, "  ".join("-" * width for width in widths))
    goals = [str(goal).replace("**", "") for goal in table.goals]
    return "\n".join([table.title, *lines, table.checked, *goals])


def markdown(results):
    """Return the page."""
    parts = [_HEAD]
    for machine, tables in results:
        parts += [_section(table) for table in tables]
        parts.append(_measured(machine))
    return "\n".join(parts)


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
        f"*Measured {machine['date']} on {machine['machine']}, load {machine['load']}. Python {machine['python']},"
        f" {ours}. Beside: {peers}.*\n"
    )
