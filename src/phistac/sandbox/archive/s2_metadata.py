"""Metadata of a Sentinel-2 product, reduced to what readers use: of product, granule and datastrip, and INSPIRE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.s2_scene import images_of
from phistac.sandbox.archive.times import anno, xml_ms
from phistac.sandbox.archive.xmltext import Node, el, render

if TYPE_CHECKING:
    from phistac.sandbox.archive.s2_scene import Granule

__all__ = ["datastrip", "inspire", "product", "tile"]

_PSD = "https://psd-15.sentinel2.eo.esa.int/PSD"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
_BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")
_RESOLUTION = (60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 60, 20, 20)
_WAVELENGTH = (442.7, 492.7, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8, 864.7, 945.1, 1373.5, 1613.7, 2202.4)
_IRRADIANCE = (
    1884.69, 1959.66, 1823.24, 1512.06, 1424.64, 1287.61, 1162.08, 1041.63, 955.32, 812.92, 367.15, 245.59, 85.25,
)  # fmt: skip


def _root(granule: Granule, kind: str, schema: str, *inside: Node) -> bytes:
    attributes = {
        "xmlns:n1": f"{_PSD}/{schema}.xsd",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": f"{_PSD}/{schema}.xsd",
    }
    root = el(f"n1:Level-{granule.level[1:]}_{kind}", *inside, attributes=attributes)
    return render(root, declaration=_DECLARATION, indent="    ")


def product(granule: Granule) -> bytes:
    """Return the product's metadata file."""
    general = el("n1:General_Info", _product_info(granule), _characteristics(granule))
    ring = " ".join(f"{latitude:.12g} {longitude:.12g}" for longitude, latitude in granule.tile.outline())
    footprint = el("Product_Footprint", el("Product_Footprint", el("Global_Footprint", el("EXT_POS_LIST", ring + " "))))
    reference = el(
        "Coordinate_Reference_System",
        el("GEO_TABLES", "EPSG", attributes={"version": 1}),
        el("HORIZONTAL_CS_TYPE", "GEOGRAPHIC"),
    )
    geometric = el("n1:Geometric_Info", footprint, reference)
    schema = f"User_Product_Level-{granule.level[1:]}"
    return _root(granule, "User_Product", schema, general, geometric, _quality(granule))


def _product_info(granule: Granule) -> Node:
    prefix = f"GRANULE/{granule.granule_folder}/"
    files = [prefix + path for path, _ in images_of(granule).values() if path.startswith("IMG_DATA/")]
    identity = {
        "datastripIdentifier": granule.strip_id,
        "granuleIdentifier": granule.granule_id,
        "imageFormat": "JPEG2000",
    }
    datatake = el(
        "Datatake",
        el("SPACECRAFT_NAME", f"Sentinel-2{granule.unit}"),
        el("DATATAKE_TYPE", "INS-NOBS"),
        el("DATATAKE_SENSING_START", xml_ms(granule.sensing)),
        el("SENSING_ORBIT_NUMBER", granule.relative_orbit),
        el("SENSING_ORBIT_DIRECTION", "DESCENDING"),
        attributes={"datatakeIdentifier": granule.datatake_id},
    )
    return el(
        "Product_Info",
        el("PRODUCT_START_TIME", xml_ms(granule.sensing)),
        el("PRODUCT_STOP_TIME", xml_ms(granule.sensing)),
        el("PRODUCT_URI", granule.name),
        el("PROCESSING_LEVEL", f"Level-{granule.level[1:]}"),
        el("PRODUCT_TYPE", granule.product_type),
        el("PROCESSING_BASELINE", granule.baseline),
        el("GENERATION_TIME", anno(granule.processed) + "Z"),
        datatake,
        el("Query_Options", el("PRODUCT_FORMAT", "SAFE_COMPACT"), attributes={"completeSingleTile": "true"}),
        el(
            "Product_Organisation",
            el("Granule_List", el("Granule", *(el("IMAGE_FILE", file) for file in files), attributes=identity)),
        ),
    )


def _characteristics(granule: Granule) -> Node:
    special = [
        el("Special_Values", el("SPECIAL_VALUE_TEXT", text), el("SPECIAL_VALUE_INDEX", value))
        for text, value in (("NODATA", 0), ("SATURATED", 65535))
    ]
    if granule.level == "L1C":
        scale = el("QUANTIFICATION_VALUE", 10000, attributes={"unit": "none"})
        offsets = ("Radiometric_Offset_List", "RADIO_ADD_OFFSET")
    else:
        scale = el(
            "QUANTIFICATION_VALUES_LIST",
            el("BOA_QUANTIFICATION_VALUE", 10000, attributes={"unit": "none"}),
            el("AOT_QUANTIFICATION_VALUE", "1000.0", attributes={"unit": "none"}),
            el("WVP_QUANTIFICATION_VALUE", "1000.0", attributes={"unit": "cm"}),
        )
        offsets = ("BOA_ADD_OFFSET_VALUES_LIST", "BOA_ADD_OFFSET")
    irradiance = [
        el("SOLAR_IRRADIANCE", value, attributes={"bandId": n, "unit": "W/m²/µm"})
        for n, value in enumerate(_IRRADIANCE)
    ]
    bands = [
        el(
            "Spectral_Information",
            el("RESOLUTION", _RESOLUTION[n]),
            el("Wavelength", el("CENTRAL", _WAVELENGTH[n], attributes={"unit": "nm"})),
            attributes={"bandId": n, "physicalBand": band},
        )
        for n, band in enumerate(_BANDS)
    ]
    return el(
        "Product_Image_Characteristics",
        *special,
        scale,
        el(offsets[0], *(el(offsets[1], -1000, attributes={"band_id": n}) for n in range(13))),
        el("Reflectance_Conversion", el("U", 1.0), el("Solar_Irradiance_List", *irradiance)),
        el("Spectral_Information_List", *bands),
    )


def _quality(granule: Granule) -> Node:
    checks = ("FORMAT_CORRECTNESS", "GENERAL_QUALITY", "GEOMETRIC_QUALITY", "RADIOMETRIC_QUALITY", "SENSOR_QUALITY")
    passed = [el("quality_check", "PASSED", attributes={"checkType": check}) for check in checks]
    content = None
    if granule.level == "L2A":
        shares = {
            "NODATA_PIXEL_PERCENTAGE": 0.0,
            "CLOUD_SHADOW_PERCENTAGE": round(granule.cloud / 20, 6),
            "VEGETATION_PERCENTAGE": round((100 - granule.cloud) * 0.4, 6),
            "WATER_PERCENTAGE": round((100 - granule.cloud) * 0.3, 6),
            "HIGH_PROBA_CLOUDS_PERCENTAGE": round(granule.cloud * 0.7, 6),
            "SNOW_ICE_PERCENTAGE": 0.0,
        }
        content = el("Image_Content_QI", *(el(name, value) for name, value in shares.items()))
    return el(
        "n1:Quality_Indicators_Info",
        el("Cloud_Coverage_Assessment", granule.cloud),
        el("Quality_Control_Checks", el("Quality_Inspections", *passed), el("Failed_Inspections")),
        content,
    )


def tile(granule: Granule) -> bytes:
    """Return the granule's metadata file ``MTD_TL.xml``: where the images lie, the sun, the cloud cover."""
    general = el(
        "n1:General_Info",
        el("TILE_ID", granule.granule_id, attributes={"metadataLevel": "Brief"}),
        el("DATASTRIP_ID", granule.strip_id, attributes={"metadataLevel": "Standard"}),
        el("SENSING_TIME", anno(granule.strip_time) + "Z", attributes={"metadataLevel": "Standard"}),
    )
    sizes = [
        el("Size", el("NROWS", 109_800 // res), el("NCOLS", 109_800 // res), attributes={"resolution": res})
        for res in (10, 20, 60)
    ]
    places = [
        el(
            "Geoposition",
            el("ULX", f"{granule.tile.left:.0f}"),
            el("ULY", f"{granule.tile.top:.0f}"),
            el("XDIM", res),
            el("YDIM", -res),
            attributes={"resolution": res},
        )
        for res in (10, 20, 60)
    ]
    zone = granule.tile.epsg % 100
    geocoding = el(
        "Tile_Geocoding",
        el("HORIZONTAL_CS_NAME", f"WGS84 / UTM zone {zone}N"),
        el("HORIZONTAL_CS_CODE", f"EPSG:{granule.tile.epsg}"),
        *sizes,
        *places,
        attributes={"metadataLevel": "Brief"},
    )
    mean = [
        el(f"{name}_ANGLE", angle, attributes={"unit": "deg"}) for name, angle in (("ZENITH", 27.4), ("AZIMUTH", 145.2))
    ]
    angles = el("Tile_Angles", el("Mean_Sun_Angle", *mean), attributes={"metadataLevel": "Standard"})
    quality = el(
        "n1:Quality_Indicators_Info",
        el("Image_Content_QI", el("CLOUDY_PIXEL_PERCENTAGE", granule.cloud), attributes={"metadataLevel": "Standard"}),
    )
    schema = f"S2_PDI_Level-{granule.level[1:]}_Tile_Metadata"
    return _root(granule, "Tile_ID", schema, general, el("n1:Geometric_Info", geocoding, angles), quality)


def datastrip(granule: Granule) -> bytes:
    """Return the datastrip's metadata file ``MTD_DS.xml``."""
    general = el(
        "n1:General_Info",
        el("Datatake_Info", attributes={"datatakeIdentifier": granule.datatake_id}),
        el("Datastrip_Time_Info", el("DATASTRIP_SENSING_START", anno(granule.strip_time) + "Z")),
        el("Processing_Info", el("PROCESSING_CENTER", granule.centre), el("PROCESSING_BASELINE", granule.baseline)),
    )
    return _root(granule, "DataStrip_ID", f"S2_PDI_Level-{granule.level[1:]}_Datastrip_Metadata", general)


def inspire(granule: Granule) -> bytes:
    """Return the INSPIRE metadata: title and extent."""
    west, south, east, north = _bounds(granule)
    sides = (("west", west), ("east", east), ("south", south), ("north", north))
    box = el(
        "gmd:EX_GeographicBoundingBox",
        *(
            el(f"gmd:{s}Bound{'Longitude' if s in {'west', 'east'} else 'Latitude'}", el("gco:Decimal", f"{v:.6f}"))
            for s, v in sides
        ),
    )
    namespaces = {
        "xmlns:gco": "http://www.isotc211.org/2005/gco",
        "xmlns:gmd": "http://www.isotc211.org/2005/gmd",
    }
    title = el("gmd:title", el("gco:CharacterString", granule.name))
    root = el("gmd:MD_Metadata", el("gmd:identificationInfo", title, box), attributes=namespaces)
    return render(root, declaration=_DECLARATION, indent="    ")


def _bounds(granule: Granule) -> tuple[float, float, float, float]:
    longitudes, latitudes = zip(*granule.tile.outline(), strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)
