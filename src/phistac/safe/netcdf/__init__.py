"""netCDF-4 (HDF5) objects: what is in them, and where its chunks lie.

h5py reads the metadata, over the few blocks of the file that hold it; the chunks themselves are then byte ranges, which
anyone may fetch concurrently and decode without HDF5's global lock.
"""

from __future__ import annotations

from phistac.safe.netcdf.index import NetcdfGroup, index_netcdf
from phistac.safe.netcdf.variables import Chunks, NetcdfVariable

__all__ = ["Chunks", "NetcdfGroup", "NetcdfVariable", "index_netcdf"]
