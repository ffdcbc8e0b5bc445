"""Products brought to a folder, whole or not at all: plan, batches, verified transfers, receipts, report.

The life of a download: :mod:`.sources` finds out where Items lie, :mod:`.plan` what they consist of (the manifest
says), :mod:`.batches` cuts that into work for one connection, :mod:`.dispatch` hands it out to the threads of
:mod:`.lanes` or to the workers of :mod:`.cluster`, :mod:`.transfer` brings one object over a file of :mod:`.parts`, and
:mod:`.receipts` says what is whole. Files and receipts are the truth: killed at any point, the next run finishes and
repeats nothing.
"""

from __future__ import annotations
