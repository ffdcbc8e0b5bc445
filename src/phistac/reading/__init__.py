"""Products as xarray Datasets and DataTrees: lazily, by byte ranges, from S3 and from a folder alike.

The engine ``safe`` (:mod:`phistac.reading.backend`) turns what :mod:`phistac.safe` says into Datasets; their arrays
(:mod:`phistac.reading.arrays`) fetch the bytes they need when they are used, and hold neither handles nor secrets.
"""
