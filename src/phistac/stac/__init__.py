"""Records of the catalogue as STAC: collections, Items, assets, bursts, searches and tables. Values in, values out."""
