"""The connections of an account: four sockets and four requests, over everything that phistac does.

``budget`` hands out slots, ``budgets`` keeps one for each account, ``slotpool`` and ``permits`` count within a process.
Between the processes of a machine ``slots`` are shared, by ``manners`` and by way of ``bell``, ``filelock``, ``flock``,
``sharednumbers`` and ``runtimefolder``; ``pace`` counts requests per minute, ``throttle`` heeds refusals. Across a Dask
cluster ``clusterslots`` and ``clusterpace`` need ``leases`` besides. ``sockets`` and ``resting`` are where it meets the
wire.
"""
