"""The xarray engine ``safe``.

Named in ``pyproject.toml`` as an entry point of ``xarray.backends``, so that ``engine="safe"`` works wherever phistac
is installed. It is loaded whenever xarray looks for an engine: nothing heavy is imported before something is opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from xarray.backends import BackendEntrypoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import xarray as xr

    from phistac.reading.product import OpenProduct

__all__ = ["SafeBackendEntrypoint"]

_MANIFESTS = ("manifest.safe", "xfdumanifest.xml")
_DECODERS = ("mask_and_scale", "decode_times", "concat_characters", "decode_coords", "use_cftime", "decode_timedelta")


class SafeBackendEntrypoint(BackendEntrypoint):
    """Open Sentinel-1 and Sentinel-3 products, from the archive and from folders, lazily.

    Examples
    --------
    ::

        tree = xr.open_datatree(item, engine="safe")
        burst = xr.open_dataset(item, engine="safe", group="IW1/VV", burst=3)
        orbit = xr.open_dataset("cdse://eodata/…/X.SAFE", engine="safe", group="IW1/VV/orbit")
        radiance = xr.open_dataset("X.SEN3", engine="safe", group="measurement")
    """

    description: ClassVar[str] = "Sentinel products in their SAFE folders, lazily, by byte ranges (phistac)"
    url: ClassVar[str] = "https://phistac.readthedocs.io"
    supports_groups: ClassVar[bool] = True

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        group: str | None = None,
        burst: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        check_files_exist: bool = False,
        override_product_files: str | None = None,
        parse_geospatial_attrs: bool = True,
        mask_and_scale: bool = True,
        decode_times: Any = True,
        concat_characters: bool = True,
        decode_coords: Any = True,
        use_cftime: Any = None,
        decode_timedelta: Any = None,
    ) -> xr.Dataset:
        """Open one group of a product.

        Parameters
        ----------
        filename_or_obj : pystac.Item, mapping, str or path
            The Item of a product or burst, a URL (``cdse://``, ``s3://eodata``, any of fsspec's), a folder, a manifest.
        drop_variables : str or iterable of str, optional
            What to leave out.
        group : str, optional
            ``IW1/VV``, ``IW1/VV/3`` (a burst), ``IW1/VV/orbit``; for Sentinel-3 ``measurement`` or a file's name.
            Without it, the facts of the product; the Item of a burst opens the burst.
        burst : int, optional
            Which burst of the image, from 0. Its attributes say what :mod:`phistac.reading.sentinel1.burst` lists:
            mid-time, steering rate, FM rate, Doppler, valid rectangle, name.
        storage_options : mapping, optional
            For fsspec; for CDSE ``account``, and ``key`` and ``secret`` (or ``username``, ``password``, ``totp``): they
            stay in this process.
        check_files_exist, override_product_files, parse_geospatial_attrs
            As in xarray-sentinel: leave out files that are not there; a template for other file names; whether to
            compute the footprint.
        mask_and_scale, decode_times, concat_characters, decode_coords, use_cftime, decode_timedelta
            As in :func:`xarray.open_dataset`; for Sentinel-3, whose values are stored packed.

        Returns
        -------
        xarray.Dataset
            Lazy: no pixel was read.

        Raises
        ------
        NotFoundError
            If there is no such product or group.
        FormatError
            If a file is not what it should be.
        """
        storage_options = _admitted(filename_or_obj, storage_options)
        decoders = {name: value for name, value in locals().items() if name in _DECODERS and value is not None}
        opened = _open(
            filename_or_obj, storage_options, decoders, check_files_exist=check_files_exist,
            override_product_files=override_product_files, parse_geospatial_attrs=parse_geospatial_attrs,
        )  # fmt: skip
        return _without(opened.group(group, burst), drop_variables)

    def open_groups_as_dict(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        group: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        check_files_exist: bool = False,
        override_product_files: str | None = None,
        parse_geospatial_attrs: bool = True,
        **decoders: Any,
    ) -> dict[str, xr.Dataset]:
        """Open all groups of a product, or those below one, by path; keywords as in :meth:`open_dataset`.

        Pixels are in ``IW1/VV/measurement``, beside ``IW1/VV/orbit``: in a tree, children inherit coordinates.
        Two round trips: the manifest, then annotation, calibration and noise of all images together. Axes are read when
        the tree is opened, tables when they are touched.
        """
        storage_options = _admitted(filename_or_obj, storage_options)
        groups = _each_group(
            filename_or_obj, storage_options, drop_variables=drop_variables, group=group,
            check_files_exist=check_files_exist, override_product_files=override_product_files,
            parse_geospatial_attrs=parse_geospatial_attrs, **decoders,
        )  # fmt: skip
        return dict(groups)

    def open_datatree(
        self, filename_or_obj: Any, *, storage_options: Mapping[str, Any] | None = None, **options: Any
    ) -> xr.DataTree:
        """Open a product as a tree, which grows while files come; keywords as in :meth:`open_groups_as_dict`."""
        from xarray import DataTree  # noqa: PLC0415 - see the module

        storage_options = _admitted(filename_or_obj, storage_options)
        tree = DataTree()
        for path, dataset in _each_group(filename_or_obj, storage_options, **options):
            if path == "/":
                tree.dataset = dataset
            else:
                tree[path] = DataTree(dataset=dataset)
        return tree

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Say yes to Items with a manifest, and to names of SAFE and SEN3 folders and of manifests; to nothing else."""
        if isinstance(filename_or_obj, str | os.PathLike):
            name = str(os.fspath(filename_or_obj)).rstrip("/").rpartition("/")[2]
            return name.lower().endswith((".safe", ".sen3")) or name in _MANIFESTS
        assets = (
            filename_or_obj.get("assets")
            if isinstance(filename_or_obj, dict)
            else getattr(filename_or_obj, "assets", ())
        )
        return any(name in ("safe_manifest", "xfdumanifest") for name in assets or ())


def _each_group(
    place: Any,
    storage_options: Mapping[str, Any] | None,
    *,
    drop_variables: str | Iterable[str] | None = None,
    group: str | None = None,
    check_files_exist: bool = False,
    override_product_files: str | None = None,
    parse_geospatial_attrs: bool = True,
    **decoders: Any,
) -> Iterator[tuple[str, xr.Dataset]]:
    known = {name: value for name, value in decoders.items() if name in _DECODERS and value is not None}
    if unknown := sorted(set(decoders) - set(_DECODERS)):
        raise TypeError(f"engine 'safe' knows no {', '.join(unknown)}")
    opened = _open(
        place, storage_options, known, check_files_exist=check_files_exist,
        override_product_files=override_product_files, parse_geospatial_attrs=parse_geospatial_attrs,
    )  # fmt: skip
    for path, dataset in opened.groups(group):
        yield path, _without(dataset, drop_variables)


def _open(
    place: Any,
    storage_options: Mapping[str, Any] | None,
    decoders: Mapping[str, Any],
    *,
    check_files_exist: bool,
    override_product_files: str | None,
    parse_geospatial_attrs: bool,
) -> OpenProduct:
    from phistac.reading.product import open_product  # noqa: PLC0415 - see the module

    return open_product(
        place,
        storage_options=storage_options,
        check_files_exist=check_files_exist,
        override_product_files=override_product_files,
        decoders=decoders,
        geospatial=parse_geospatial_attrs,
    )


def _admitted(place: Any, storage_options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not storage_options:
        return storage_options
    from phistac.reading.handed import admitted  # noqa: PLC0415 - see the module

    return admitted(place, storage_options)


def _without(dataset: xr.Dataset, names: str | Iterable[str] | None) -> xr.Dataset:
    if names is None:
        return dataset
    return dataset.drop_vars([names] if isinstance(names, str) else list(names), errors="ignore")
