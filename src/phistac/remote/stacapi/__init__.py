"""The STAC API's core, and pystac-client's side of it: one core, answered in process or served.

``stac_io`` and ``client`` are what pystac-client sees; ``api`` answers, with ``landing`` and ``pages``; ``explain``
tells.
"""
