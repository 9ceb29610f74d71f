"""Northwind's words for countries and regions, and what Tryton (ISO 3166) calls them."""

from local.tryton.rpc import Client

COUNTRIES = {
    "Argentina": "AR",
    "Australia": "AU",
    "Austria": "AT",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Denmark": "DK",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Ireland": "IE",
    "Italy": "IT",
    "Japan": "JP",
    "Mexico": "MX",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "UK": "GB",
    "USA": "US",
    "Venezuela": "VE",
}

REGIONS = {
    ("Australia", "Victoria"): "AU-VIC",
    ("Canada", "Québec"): "CA-QC",
    ("Ireland", "Co. Cork"): "IE-CO",
    ("Spain", "Asturias"): "ES-O",
    ("UK", "Essex"): "GB-ESS",
    ("UK", "Isle of Wight"): "GB-IOW",
    ("Venezuela", "DF"): "VE-A",
    ("Venezuela", "Lara"): "VE-K",
    ("Venezuela", "Nueva Esparta"): "VE-O",
    ("Venezuela", "Táchira"): "VE-S",
}
"""Where Northwind writes a region out; elsewhere it writes the second half of the ISO code (`SP`, `WA`, `NSW`)."""


def iso_code(country: str, region: str) -> str | None:
    """The ISO 3166-2 code of a region as Northwind writes it; nothing where it names none."""
    if not region:
        return None
    return REGIONS.get((country, region), f"{COUNTRIES[country]}-{region}")


class Places:
    """Looks countries and subdivisions up in one Tryton, all at once."""

    def __init__(self, erp: Client) -> None:
        codes = sorted(COUNTRIES.values())
        countries = erp.search_read("country.country", [["code", "in", codes]], ["code"])
        subdivisions = erp.search_read("country.subdivision", [["country.code", "in", codes]], ["code"])
        self._countries = {row["code"]: row["id"] for row in countries}
        self._subdivisions = {row["code"]: row["id"] for row in subdivisions}

    def country(self, name: str) -> int:
        """Tryton's id of a country."""
        found: int = self._countries[COUNTRIES[name]]
        return found

    def subdivision(self, country: str, region: str) -> int | None:
        """Tryton's id of a region, nothing where there is none."""
        code = iso_code(country, region)
        return self._subdivisions[code] if code else None
