"""A CDSE OData catalogue on this machine, with its logins and downloads: Starlette routes over SQLite.

It is meant to be at least as strict as the real one. Where the real behavior is recorded it is reproduced, error
bodies included; where it is not known, the answer that is harder on a client was chosen.

The life of a search: :mod:`.options` reads the query string, :mod:`.tokens` and :mod:`.validator` turn ``$filter``
into the small expression tree of :mod:`.expressions` or refuse it, :mod:`.sql` renders that as parameterized SQL,
:mod:`.store` runs it, :mod:`.listing` puts the stored JSON texts of the rows together.
"""

from __future__ import annotations

from phistac.sandbox.odata.app import routes
from phistac.sandbox.odata.store import Store

__all__ = ["Store", "routes"]
