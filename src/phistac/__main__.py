"""``python -m phistac``."""

from __future__ import annotations

import sys

from phistac.cli import main

if __name__ == "__main__":
    sys.exit(main())
