"""The OData catalogue: complete results, however many, and what changed since the last time.

``catalogue`` is the door. ``walk`` pages by position, with ``ahead`` (pages under way), ``answers`` and
``differences``; ``filterlist`` asks for many names at once; ``changes`` has ``feeds`` and its ``statefile``.
"""
