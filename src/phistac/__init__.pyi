from .analysis.temporal import temporal_statistics
from .errors import PhistacError, PhistacWarning
from .reading.backend import SafeBackendEntrypoint
from .reading.calibration import calibrate
from .reading.door import open  # noqa: A004 - reads as phistac.open
from .reading.explain import explain
from .reading.loading import load
from .reading.series import burst_series
from .remote.account.interactive import login, logout
from .remote.catalogue.changes import Change, changes
from .remote.files.assets import with_assets
from .remote.files.filesystem import CdseFileSystem
from .remote.interop import gdal_env, storage_options
from .remote.stacapi.stac_io import StacIO, connect
from .retrieval.download import download
from .retrieval.plan import plan
from .sandbox.handle import Sandbox
from .settings import Settings
from .stac.parquet import from_geoparquet, to_geoparquet
from .stac.stackstac import for_stackstac
from .stac.tables import from_geodataframe, to_geodataframe, to_item_collection
from .stac.versions import latest
from .viz.temporal import plot_timeline

__version__: str

__all__ = [
    "CdseFileSystem",
    "Change",
    "PhistacError",
    "PhistacWarning",
    "SafeBackendEntrypoint",
    "Sandbox",
    "Settings",
    "StacIO",
    "burst_series",
    "calibrate",
    "changes",
    "connect",
    "download",
    "explain",
    "for_stackstac",
    "from_geodataframe",
    "from_geoparquet",
    "gdal_env",
    "latest",
    "load",
    "login",
    "logout",
    "open",
    "plan",
    "plot_timeline",
    "storage_options",
    "temporal_statistics",
    "to_geodataframe",
    "to_geoparquet",
    "to_item_collection",
    "with_assets",
]
