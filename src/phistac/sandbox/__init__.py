"""A CDSE on loopback: archive, OData, tokens, bursts on demand and S3, with its quotas and its faults.

It imports none of the rooms it tests: it is a second, independent opinion on the same facts.
"""

from __future__ import annotations

from phistac.sandbox.config import SandboxConfig
from phistac.sandbox.counters import AccountCounters, Counters
from phistac.sandbox.faults import Fault
from phistac.sandbox.handle import Sandbox

__all__ = ["AccountCounters", "Counters", "Fault", "Sandbox", "SandboxConfig"]
