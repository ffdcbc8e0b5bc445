"""Records of the catalogue as STAC: collections, Items, assets, bursts, searches and tables. Values in, values out.

========================= =============================================================================================
Items                     ``items``, ``product_properties``, ``bursts``, ``burst_ids``, ``extensions``, ``service``,
                          ``native``, ``versions``
assets                    ``assets``, ``named_assets``, ``exact_assets`` (with ``manifest_assets``, ``asset_fields``),
                          ``mgrs``, ``product_place``
collections               ``collections``, ``families``, ``missions``, ``documents``, ``collection_search``
what can be searched by   ``properties``, ``columns``, ``queryables``, ``crosswalk``
a search, step by step    ``parameters`` (with ``intervals``, ``ids``, ``fields``), ``cql2``, ``normal`` (with
                          ``literals``, ``patterns``), ``lifting``, ``pushdown`` (with ``asking``, ``splits``,
                          ``handfuls``, ``places``), ``search``, ``checks`` (with ``relations``), ``explanation``
tables                    ``tables``, ``table_types``, ``parquet``, ``stackstac``
========================= =============================================================================================
"""
