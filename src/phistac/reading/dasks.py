"""What the tasks of a Dask graph read: the tasks are asked, with stand-ins for the arrays, and nothing is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.reading.pending import below, pending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    leaves = {key: node.value for key, node in graph.items() if isinstance(node, DataNode) and below(node.value)}
    return [found for node in graph.values() for found in _reads(node, leaves)]


def _reads(node: Any, leaves: Mapping[Any, Any]) -> Iterator[Pending]:
    asked = leaves.keys() & node.dependencies
    inner = [each for part in getattr(node, "args", ()) if isinstance(part, dict) for each in part.values()]
    if inner:  # several tasks fused into one
        for each in inner:
            yield from _reads(each, leaves)
    else:
        for key in asked:
            others = dict.fromkeys(node.dependencies - {key})

            def use(stand_in: Any, key: Any = key, others: Mapping[Any, Any] = others) -> Any:
                return node({**others, key: stand_in})

            found = pending(leaves[key], use)
            if found is not None:
                yield found
