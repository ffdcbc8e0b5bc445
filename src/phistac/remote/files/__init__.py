"""The archive as files: the filesystem ``cdse://``, and every other place that a product may be at.

``filesystem``, with ``paths``, ``listings``, ``readonly``, ``bufferedfile``, ``streams``, ``download`` and
``bysettings``. Other places: ``addresses`` (download and Nodes addresses), ``webfiles`` (servers that answer ranges),
``zipped`` (with ``zipdirectory``, ``enclosed``). What a product consists of: ``objects``, ``wholes``, ``assets``.
"""
