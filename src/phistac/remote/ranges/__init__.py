"""Byte ranges: planned, fetched within the budget, checked, and delivered where they belong.

``ranges`` is the door; ``rangeplan`` decides, ``gets`` runs the plan, ``delivery`` hands the bytes on. ``objectstore``
is S3 with our budget and our errors (``bodies``, ``s3errors``); ``amounts`` puts numbers in words.
"""
