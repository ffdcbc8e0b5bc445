"""Write docs/crosswalk.md from the tables that searches use: ``python docs/make_crosswalk.py``."""

from pathlib import Path

from phistac.stac.crosswalk import crosswalk_page

if __name__ == "__main__":
    Path(__file__).with_name("crosswalk.md").write_text(crosswalk_page(), encoding="utf-8")
