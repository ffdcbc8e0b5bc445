"""What the tasks of a Dask graph read: the tasks are asked, with stand-ins for the arrays, and nothing is computed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from phistac.reading.pending import pending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phistac.reading.pending import Pending

__all__ = ["task_reads"]


def task_reads(arrays: list[Any]) -> list[Pending]:
    """Return what each task that reads an array of ours will ask it for, as the graphs run: optimized.

    Parameters
    ----------
    arrays : list of dask.array.Array
        They are optimized together, as ``dask.compute`` would.
    """
    from dask.base import optimize  # noqa: PLC0415 - whoever has Dask's arrays has imported it; nobody else pays

    graph: dict[Any, Any] = {}
    for array in optimize(*arrays):  # type: ignore[no-untyped-call]  # Dask has few types
        graph |= dict(array.__dask_graph__())
    return list(_reads(graph.values(), {}))


def _reads(tasks: Iterable[Any], given: Mapping[Any, Any]) -> Iterator[Pending]:
    """Ask the tasks of a graph; ``given`` has what they get from outside, by the name that they know it by."""
    from dask._task_spec import DataNode, _execute_subgraph  # noqa: PLC0415 - as above; Dask has no public names

    tasks = list(tasks)
    known = {**given, **{task.key: task.value for task in tasks if isinstance(task, DataNode)}}
    for task in tasks:
        if getattr(task, "func", None) is _execute_subgraph:  # several tasks fused into one
            inner, _, names, *values = task.args
            yield from _reads(inner.values(), dict(zip(names, (_value(each, known) for each in values), strict=True)))
            continue
        for key in task.dependencies:
            found = pending(known.get(key), partial(_run, task, key, known))
            if found is not None:
                yield found


def _value(argument: Any, known: Mapping[Any, Any]) -> Any:
    """Return what a task is called with: a value of the graph's, or one that another task would compute (None)."""
    return argument.value if hasattr(argument, "value") else known.get(getattr(argument, "key", None))


def _run(task: Any, key: Any, known: Mapping[Any, Any], stand_in: Any) -> Any:
    """Run a task as far as it gets with a stand-in for one of the things it depends on."""
    return task({**{name: known.get(name) for name in task.dependencies}, key: stand_in})
