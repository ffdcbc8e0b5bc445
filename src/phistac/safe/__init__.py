"""What the bytes of a product mean: names, manifests, annotations, and where the pixels lie.

Pure and sans-I/O: functions take bytes and give values; what needs bytes it has not got is an *indexer*, a generator
that yields byte ranges and is sent their bytes (:mod:`phistac.safe.byteranges`). Who fetches them is no matter here.
"""
