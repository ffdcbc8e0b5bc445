"""The only room that opens a connection: catalogue, tokens, objects, all within one account's budget.

================= =====================================================================================================
the STAC API      ``stac_io`` and ``client`` (pystac-client's side), ``api``, ``landing``, ``pages``, ``explain``
the catalogue     ``catalogue``, ``walk`` (with ``ahead``, ``answers``, ``differences``), ``filterlist``, ``changes``
                  (with ``feeds``, ``statefile``)
HTTP              ``http``, ``outgoing``, ``refusals``, ``patience``
who we are        ``credentials`` tells the order of ``given``, ``stored`` (``variables``, ``inifiles``, ``wallet``),
                  and ``tempkeys`` (``keyshop``, ``keycheck``); ``tokens`` (``totp``); signing in: ``signin``,
                  ``interactive``, ``command``; what must not show: ``secrets``, ``bare``, ``privatefile``
the budget        ``budget``, ``budgets``, ``slotpool``, ``permits``, ``counters``; between processes ``slots``,
                  ``clusterslots``, ``manners``, ``pace``, ``throttle``, by way of ``bell``, ``filelock``, ``flock``,
                  ``sharednumbers``, ``runtimefolder``; ``sockets`` and ``resting``, where it meets the wire
objects           ``filesystem`` (``cdse://``, with ``paths``, ``listings``, ``readonly``, ``bufferedfile``,
                  ``streams``, ``download``), ``objectstore`` (with ``bodies``, ``s3errors``), ``ranges`` (with
                  ``rangeplan``), ``objects``, ``assets``
for other tools   ``interop``
================= =====================================================================================================
"""
