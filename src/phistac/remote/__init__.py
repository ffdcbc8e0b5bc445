"""The only room that opens a connection: catalogue, tokens, objects, all within one account's budget.

============= =========================================================================================================
``stacapi``   the STAC API's core and pystac-client's side of it
``catalogue`` the OData catalogue: complete results, and what changed
``web``       HTTP with patience
``account``   who we are: keys, logins, tokens
``budget``    the connections of an account
``files``     the filesystem ``cdse://``, other places of products, what products consist of
``ranges``    byte ranges: planned, fetched, checked, delivered
``interop``   keys for other tools
============= =========================================================================================================
"""
