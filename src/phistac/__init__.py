"""Copernicus Data Space products and Sentinel-1 bursts as STAC, xarray and Dask.

Find products in the catalogue as STAC Items, read what is inside them lazily, retrieve them in bulk, and count when a
place was seen. The names below are loaded when they are first used, so importing ``phistac`` costs next to nothing;
what each of them is stands in ``__init__.pyi``.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
