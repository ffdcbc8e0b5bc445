"""What the tasks of a Dask graph read: the tasks are asked, with stand-ins for the arrays, and nothing is computed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from phistac.reading.pending import below, pending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phistac.reading.pending import Pending

__all__ = ["task_reads"]


def task_reads(arrays: list[Any]) -> list[Pending]:
    """Return what each task that reads an array of ours will ask it for, as the graphs run: optimized.

    Parameters
    ----------
    arrays : list of dask.array.Array
        They are optimized together, as ``dask.compute`` would.
    """
    from dask._task_spec import DataNode  # noqa: PLC0415 - whoever has Dask's arrays has imported it
    from dask.base import optimize  # noqa: PLC0415 - likewise

    graph: dict[Any, Any] = {}
    for array in optimize(*arrays):  # type: ignore[no-untyped-call]  # Dask has few types
        graph |= dict(array.__dask_graph__())
    nodes = list(_simple(graph.values()))
    leaves = {node.key: node.value for node in nodes if isinstance(node, DataNode) and below(node.value) is not None}
    found = [
        pending(leaves[key], partial(_run, node, key)) for node in nodes for key in leaves.keys() & node.dependencies
    ]
    return [each for each in found if each is not None]


def _simple(nodes: Iterable[Any]) -> Iterator[Any]:
    """Yield nodes, and instead of several that were fused into one, those."""
    for node in nodes:
        inner = [each for part in getattr(node, "args", ()) if isinstance(part, dict) for each in part.values()]
        if inner:
            yield from _simple(inner)
        else:
            yield node


def _run(node: Any, key: Any, stand_in: Any) -> Any:
    """Run a task as far as it gets with a stand-in for one of the things it depends on."""
    return node({**dict.fromkeys(node.dependencies), key: stand_in})
