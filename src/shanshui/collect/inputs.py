"""What each input is, and which dataset would supply it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shanshui.core.errors import DataError, nearest
from shanshui.core.hazard_words import hazard_words
from shanshui.core.quantity import ANY, TEXT, Columns, Features, Grid, Key, Layers, Quantity, Table
from shanshui.core.vocabulary import ADMINISTRATIVE

Family = Literal[
    "continuous",
    "categorical",
    "stack",
    "annual",
    "polygons",
    "lines",
    "points",
    "shapes",
    "zones",
    "table",
    "coefficients",
    "register",
]


@dataclass(frozen=True)
class InputKind:
    """What an input is, whatever file it comes from.

    Attributes
    ----------
    family : str
        How it is brought to the grid.
    gives : Quantity
        What flows on.
    low, high : float
        Plausible values in the unit of ``gives``; can be widened in the study file.
    usual : (float, float), optional
        Where the mean of a region lies: a mean beyond it is most often a wrong unit, which single values do not show.
    usual_hint : str
        What to look for then.
    zeros : str
        ``count`` where 0 is a value as any other (no light, no storm, no trees, no lime), however much of a map it covers;
        ``suspect`` where zeros that stand off from all other values are most often missing data (heights, rain of a year, soil).
    conserved : str
        Unit of amounts by area that a file may also hold by cell, and whose sum must stay: they are never averaged or read between.
    words : mapping of column to mapping of spelling to word
        Columns of features that hold words of a fixed list, however they are spelt; another word is refused.
    """

    family: Family
    gives: Quantity
    low: float = float("-inf")
    high: float = float("inf")
    usual: tuple[float, float] | None = None
    usual_hint: str = ""
    zeros: Literal["count", "suspect"] = "suspect"
    conserved: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """Unit on the grid."""
        return self.gives.unit if isinstance(self.gives, Grid) else ""

    @property
    def names_places(self) -> bool:
        """Does a column of its rows name administrative places?"""
        return isinstance(self.gives, Table) and ADMINISTRATIVE in self.gives.key_of.values()


_PLACE = {"code": TEXT, "name": TEXT, "parent": TEXT, "*": ANY}
_NAMED = {"name": TEXT, "*": ANY}
_ZONE: Columns = {
    "name": TEXT,
    "name_zh": TEXT,
    "kind": TEXT,
    "level": TEXT,
    "named": "1",
    "found": "1",
}
_AMOUNTS: Columns = {"code": ADMINISTRATIVE, "year": "yr"}
RAIN = "is it in tenths of a millimetre, in inches, in metres, or of a month or a day"
SHAKING = "is it in gal or cm/s2, in hundredths of g, or an intensity"
INPUTS: dict[str, InputKind] = {
    "elevation": InputKind("continuous", Grid("m"), -430.0, 8850.0),
    "temperature": InputKind("continuous", Grid("degC"), -60.0, 45.0, zeros="count"),
    "precipitation": InputKind("continuous", Grid("mm/yr"), 0.0, 12000.0, (100.0, 4500.0), RAIN),
    "ndvi": InputKind("continuous", Grid("1"), -1.0, 1.0, zeros="count"),
    "tree_cover": InputKind("continuous", Grid("%"), 0.0, 100.0, zeros="count"),
    "soil_depth": InputKind("continuous", Grid("m"), 0.0, 60.0),
    "lights": InputKind("continuous", Grid("nW/cm2/sr"), 0.0, 5000.0, zeros="count"),
    "population_maps": InputKind(
        "annual", Layers(), 0.0, 2e5, zeros="count", conserved="person/km2"
    ),
    "land_cover": InputKind("categorical", Grid("1")),
    "land_use": InputKind("polygons", Features({"class": Key("cover_class")})),
    "land_cover_before": InputKind("categorical", Grid("1")),
    "soil_texture": InputKind("categorical", Grid("1")),
    "temperature_range": InputKind("continuous", Grid("K"), 0.0, 60.0),
    "temperature_seasonality": InputKind("continuous", Grid("K"), 0.0, 40.0),
    "reference_evapotranspiration": InputKind(
        "continuous", Grid("mm/yr"), 0.0, 4000.0, (250.0, 2600.0), RAIN
    ),
    "plant_available_water": InputKind("continuous", Grid("1"), 0.0, 1.0),
    "rainfall_erosivity": InputKind("continuous", Grid("MJ*mm/(ha*h*yr)"), 0.0, 60000.0),
    "soil_erodibility": InputKind("continuous", Grid("t*ha*h/(ha*MJ*mm)"), 0.0, 0.15),
    "sand": InputKind("continuous", Grid("%"), 0.0, 100.0),
    "silt": InputKind("continuous", Grid("%"), 0.0, 100.0),
    "clay": InputKind("continuous", Grid("%"), 0.0, 100.0),
    "organic_carbon": InputKind("continuous", Grid("%"), 0.0, 60.0),
    "carbonate": InputKind("continuous", Grid("%"), 0.0, 100.0, zeros="count"),
    "runoff_proxy": InputKind("continuous", Grid("mm/yr"), 0.0, 12000.0, zeros="count"),
    "net_primary_production": InputKind(
        "continuous", Grid("g/m2/yr"), 0.0, 4000.0, (20.0, 2500.0), "is it in kg, or of a month"
    ),
    "storm_rain": InputKind("continuous", Grid("mm/yr"), 0.0, 8000.0, zeros="count"),
    "storm_days": InputKind("continuous", Grid("d/yr"), 0.0, 366.0, zeros="count"),
    "hot_days": InputKind("continuous", Grid("d/yr"), 0.0, 366.0, zeros="count"),
    "accessibility": InputKind("continuous", Grid("1"), 0.0, 1.0, zeros="count"),
    "drainage": InputKind("categorical", Grid("1")),
    "threat_maps": InputKind("stack", Layers(), 0.0, 1.0, zeros="count"),
    "criteria_maps": InputKind("stack", Layers(), zeros="count"),
    "monthly_precipitation": InputKind("stack", Layers(), 0.0, 3000.0, zeros="count"),
    "boundary": InputKind("polygons", Features({"*": ANY}, Key("region"))),
    "counties": InputKind("polygons", Features(_PLACE, Key("county"))),
    "prefectures": InputKind("polygons", Features(_PLACE, Key("prefecture"))),
    "provinces": InputKind("polygons", Features(_PLACE, Key("province"))),
    "protected_areas": InputKind("polygons", Features(_NAMED, Key("protected_area"))),
    "function_zones": InputKind("zones", Features(_ZONE, Key("function_zone"))),
    "basic_farmland": InputKind("polygons", Features({"*": ANY})),
    "reference_red_line": InputKind("polygons", Features({"*": ANY})),
    "climate_stations": InputKind("points", Features({"*": ANY})),
    "mining_rights": InputKind("polygons", Features({"*": ANY})),
    "parks": InputKind("polygons", Features(_NAMED, Key("park"))),
    "zones": InputKind("polygons", Features({"*": ANY}, Key("zone"))),
    "watersheds": InputKind("polygons", Features({"*": ANY}, Key("watershed"))),
    "hazard_sites": InputKind(
        "points",
        Features(
            {"kind": TEXT, "scale?": TEXT, "volume_m3?": "m3", "treated?": "1", "*": ANY},
            Key("hazard_site"),
        ),
        words={"kind": hazard_words("kind"), "scale": hazard_words("scale")},
    ),
    "faults": InputKind("lines", Features({"*": ANY})),
    "seismic": InputKind("continuous", Grid("g0"), 0.0, 2.0, (0.005, 0.6), SHAKING, zeros="count"),
    "seismic_zones": InputKind("polygons", Features({"acceleration": "g0", "*": ANY}), 0.0, 2.0),
    "subsidence": InputKind("continuous", Grid("mm"), -1000.0, 20000.0, zeros="count"),
    "subsidence_rate": InputKind("continuous", Grid("mm/yr"), -200.0, 1000.0, zeros="count"),
    "lakes": InputKind("polygons", Features(_NAMED)),
    "rivers": InputKind("lines", Features(_NAMED, Key("river"))),
    "roads": InputKind("lines", Features(_NAMED)),
    "railways": InputKind("lines", Features(_NAMED)),
    "cities": InputKind("points", Features({**_NAMED, "role": TEXT}, Key("city"))),
    "massifs": InputKind("points", Features(_NAMED, Key("massif"))),
    "villages": InputKind("points", Features(_NAMED, Key("village"))),
    "species_ranges": InputKind("shapes", Features({"species": TEXT, "*": ANY})),
    "species_presence": InputKind("points", Features({"species": TEXT, "*": ANY})),
    "reference_outlets": InputKind(
        "points", Features({**_NAMED, "published_km2": "km2"}, Key("outlet"))
    ),
    "population": InputKind("table", Table({**_AMOUNTS, "population": "person"}), 0.0, 1e9),
    "productivity": InputKind("table", Table({**_AMOUNTS, "npp": "g/m2/yr"}), 0.0, 4000.0),
    "nation": InputKind(
        "coefficients",
        Table({"figure": TEXT, "year": "yr", "value": ANY, "unit": TEXT, "source": TEXT, "*": ANY}),
    ),
    "reported_accounts": InputKind(
        "coefficients",
        Table(
            {
                "account": TEXT,
                "service": TEXT,
                "value": "yuan/yr",
                "price_year": "yr",
                "source": TEXT,
                "*": ANY,
            }
        ),
    ),
    "gdp": InputKind("table", Table({**_AMOUNTS, "sector": TEXT, "yuan": "yuan"}), 0.0, 1e15),
    "products": InputKind(
        "table", Table({**_AMOUNTS, "flow": TEXT, "excludes?": TEXT, "amount": ANY}), 0.0, 1e15
    ),
    "recreation_sites": InputKind(
        "coefficients",
        Table(
            {
                "site": TEXT,
                "place": ADMINISTRATIVE,
                "kind": TEXT,
                "visits": "1/yr",
                "spending?": "yuan",
                "ecological_share?": "1",
                "hours?": "h",
                "wage?": "yuan/h",
                "*": ANY,
            }
        ),
    ),
    "housing": InputKind(
        "coefficients",
        Table(
            {
                "code": ADMINISTRATIVE,
                "floor_m2?": "m2",
                "all_floor_m2?": "m2",
                "price": "yuan/m2",
                "premium": "1",
                "*": ANY,
            }
        ),
    ),
    "biophysical": InputKind("coefficients", Table({"*": ANY})),
    "species_habitats": InputKind(
        "coefficients",
        Table(
            {"species": TEXT, "threat": TEXT, "low_m": "m", "high_m": "m", "covers": TEXT, "*": ANY}
        ),
    ),
    "threats": InputKind("coefficients", Table({"*": ANY})),
    "prices": InputKind("coefficients", Table({"*": ANY})),
    "employment": InputKind(
        "table", Table({**_AMOUNTS, "industry": TEXT, "persons": "person"}), 0.0, 1e9
    ),
    "place_indicators": InputKind(
        "table", Table({**_AMOUNTS, "indicator": TEXT, "value": ANY}), -1e15, 1e15
    ),
    "io_table": InputKind("coefficients", Table({"*": ANY})),
    "sector_names": InputKind("coefficients", Table({"code": TEXT, "*": ANY})),
    "stressors": InputKind(
        "coefficients", Table({"code": TEXT, "stressor": TEXT, "amount": ANY, "*": ANY})
    ),
    "io_table_before": InputKind("coefficients", Table({"*": ANY})),
    "multiregional_table": InputKind("coefficients", Table({"*": ANY})),
    "sector_regions": InputKind("coefficients", Table({"code": TEXT, "region": TEXT, "*": ANY})),
    "household_accounts": InputKind(
        "coefficients", Table({"code": TEXT, "wages": ANY, "spending": ANY, "*": ANY})
    ),
    "investment": InputKind(
        "coefficients", Table({"project": TEXT, "code": TEXT, "amount": ANY, "*": ANY})
    ),
    "start_flows": InputKind(
        "coefficients", Table({"row": TEXT, "column": TEXT, "amount": ANY, "*": ANY})
    ),
    "flow_sums": InputKind(
        "coefficients", Table({"side": TEXT, "name": TEXT, "amount": ANY, "*": ANY})
    ),
    "labelled_firms": InputKind("coefficients", Table({"name": TEXT, "category": TEXT, "*": ANY})),
    "published": InputKind(
        "coefficients",
        Table(
            {
                "measure": TEXT,
                "statement": TEXT,
                "source": TEXT,
                "low?": ANY,
                "high?": ANY,
                "*": ANY,
            }
        ),
    ),
    "firms": InputKind(
        "register",
        Table({"name": TEXT, "place?": ADMINISTRATIVE, "province?": Key("province"), "*": ANY}),
    ),
    "reports": InputKind(
        "coefficients",
        Table({"year": "yr", "text": TEXT, "place?": ADMINISTRATIVE, "*": ANY}),
    ),
    "words": InputKind("coefficients", Table({"category": TEXT, "word": TEXT, "*": ANY})),
    "judgements": InputKind("coefficients", Table({"*": ANY})),
    "evaluation_values": InputKind(
        "coefficients",
        Table({"subject": TEXT, "code": TEXT, "indicator": TEXT, "value": ANY, "*": ANY}),
    ),
    "readiness": InputKind(
        "coefficients",
        Table(
            {
                "technology": TEXT,
                "part": TEXT,
                "level": "1",
                "evidence": TEXT,
                "date": TEXT,
                "*": ANY,
            }
        ),
    ),
    "access_rules": InputKind(
        "coefficients", Table({"rule": TEXT, "verdict": TEXT, "codes": TEXT, "*": ANY})
    ),
    "clusters": InputKind(
        "coefficients",
        Table({"cluster": TEXT, "core": TEXT, "city": Key("city"), "categories": TEXT, "*": ANY}),
    ),
    "hubs": InputKind(
        "coefficients", Table({"scheme": TEXT, "city": Key("city"), "role": TEXT, "*": ANY})
    ),
    "capacities": InputKind(
        "coefficients", Table({"plant": TEXT, "code": TEXT, "capacity": ANY, "*": ANY})
    ),
    "streams": InputKind(
        "coefficients",
        Table({"firm": TEXT, "material": TEXT, "kind": TEXT, "amount": ANY, "*": ANY}),
    ),
    "bridge_processes": InputKind(
        "coefficients",
        Table(
            {
                "process": TEXT,
                "takes": TEXT,
                "makes": TEXT,
                "fixed": "yuan/yr",
                "capacity": ANY,
                "*": ANY,
            }
        ),
    ),
    "cover_classes": InputKind(
        "coefficients",
        Table(
            {
                "class": Key("cover_class"),
                "name": TEXT,
                "name_zh": TEXT,
                "cover": TEXT,
                "colour": TEXT,
            }
        ),
    ),
    "land_cover_areas": InputKind(
        "table", Table({**_AMOUNTS, "class": Key("cover_class"), "area_km2": "km2"}), 0.0, 1e7
    ),
    "monthly_rain_days": InputKind("stack", Layers(), 0.0, 31.0, zeros="count"),
    "infiltration": InputKind("continuous", Grid("1"), 0.0, 1.0, zeros="count"),
    "wind_factor": InputKind("continuous", Grid("kg/m"), 0.0, 5000.0, zeros="count"),
    "soil_carbonate": InputKind("continuous", Grid("%"), 0.0, 100.0, zeros="count"),
    "soil_roughness": InputKind("continuous", Grid("1"), 0.0, 1.0, zeros="count"),
    "reservoirs": InputKind("coefficients", Table({"name": TEXT, "capacity_m3": "m3", "*": ANY})),
    "emissions": InputKind(
        "coefficients",
        Table(
            {
                "code": ADMINISTRATIVE,
                "pollutant": TEXT,
                "emitted_t": "t/yr",
                "meets_standard": "1",
                "*": ANY,
            }
        ),
    ),
    "purification_capacity": InputKind(
        "coefficients",
        Table({"code": ADMINISTRATIVE, "pollutant": TEXT, "capacity_t": "t/yr", "*": ANY}),
    ),
    "purification_rates": InputKind(
        "coefficients",
        Table({"cover": TEXT, "pollutant": TEXT, "rate": "kg/ha/yr", "*": ANY}),
    ),
    "hydropower_stations": InputKind("coefficients", Table({"*": ANY})),
    "visits": InputKind(
        "coefficients",
        Table(
            {
                "site": TEXT,
                "place?": ADMINISTRATIVE,
                "zone": ADMINISTRATIVE,
                "visits": "1/yr",
                "population": "person",
                "travel": "yuan",
                "hours": "h",
                "wage": "yuan/h",
                "spending": "yuan",
                "*": ANY,
            }
        ),
    ),
}


WANTED: dict[str, str] = {
    "storm_days": "daily rain of gauges or of a reanalysis at some kilometres",
    "storm_rain": "daily rain of gauges or of a reanalysis at some kilometres",
    "carbonate": "a lithology map, such as the world map of carbonate rock outcrops",
    "cover_classes": "the legend of [inputs.land_cover]",
    "land_cover_before": "a land-cover map of an earlier year from the same maker",
    "plant_available_water": "soil grids with field capacity and wilting point",
    "soil_depth": "soil grids with depth to bedrock",
    "sand": "soil grids with sand, silt, clay and organic carbon",
    "productivity": "net primary production from satellites, as a map or a table by unit",
    "net_primary_production": "net primary production from satellites",
    "gdp": "product by sector of counties or prefectures from yearbooks",
    "nation": "figures of the nation from its yearbook: territory, people, product, electricity, published accounts",
    "reported_accounts": "accounts of this ground that others published, by service",
    "biophysical": "a table of coefficients by land-cover class, in the columns InVEST users have",
    "threats": "a table of threats with reach, weight and decay",
    "temperature_seasonality": "monthly temperatures, or a climate atlas with their standard deviation",
    "temperature_range": "daily highest and lowest temperatures, or a climate atlas with their range",
    "population_maps": "a gridded population map, people of each cell or by area, as WorldPop, LandScan and GPW have it",
    "employment": "employed persons by industry of counties from the census",
    "place_indicators": "figures of counties or prefectures from yearbooks: product per head, urban people, research spending",
    "io_table": "an input-output table of the nation or the province from the statistical office",
    "io_table_before": "an input-output table of an earlier year with the same sectors, in the prices of the later one",
    "multiregional_table": "an input-output table of several regions, sectors of one after those of another",
    "sector_regions": "the region of each sector of a table of several regions",
    "start_flows": "a table of flows of an earlier year or a larger place",
    "flow_sums": "sums of the rows and columns of flows that are known here and now",
    "household_accounts": "wages that each sector pays and what households spend on it, from the input-output table's parts",
    "investment": "projects with what they spend by sector of the input-output table",
    "sector_names": "a table of the sectors' codes with category and industry",
    "stressors": "water, energy, land, carbon or jobs by sector of the input-output table",
    "published": "statements published of the region: measure, statement, source, and low and high or a place it is above",
    "firms": "a register of firms with names and, better, business scopes and industry codes",
    "labelled_firms": "a sample of firms with the category that a person gave them",
    "reports": "texts of government work reports, a row each with the year and the place",
    "judgements": "paired judgements of the evaluation system's criteria",
    "readiness": "levels of technologies with their evidence and its date",
    "clusters": "clusters of cities with the industries meant for each key city",
    "capacities": "plants with industry code, capacity and the year they were built",
    "streams": "wastes, heat and water that firms of a park supply and need",
    "bridge_processes": "processes that turn one material of the streams into another, with costs and capacity",
    "massifs": "points along the ridges of each massif, with its name",
    "protected_areas": "polygons of reserves from the protected-planet database or the administration",
    "function_zones": "counties of each zone of the plan of main functions, or polygons of ecological function zones",
    "reference_red_line": "polygons of a red line that somebody else drew, to hold ours against",
    "climate_stations": "weather stations with temperature [degC] and precipitation [mm]; better, elevation [m], and by month the daily "
    "range, humidity, sunshine and wind",
    "basic_farmland": "polygons of permanent basic farmland from the land administration",
    "mining_rights": "polygons of exploration and mining rights that stand",
    "species_ranges": "ranges of species as polygons, or as centres of the cells of a coarse map",
    "species_presence": "points where each species was seen, from surveys, camera traps or a register of occurrences",
    "species_habitats": "a table of heights and covers that each species keeps to",
    "hazard_sites": "points of the inventory of geological hazards, with their kind",
    "faults": "lines of active faults of a geological map",
    "seismic": "peak ground acceleration of the national zoning map (GB 18306)",
    "seismic_zones": "peak ground acceleration of the national zoning map (GB 18306)",
    "subsidence": "levelling or radar: how far the ground has sunk",
    "subsidence_rate": "levelling or radar: how fast the ground sinks",
    "roads": "road lines of a topographic map",
    "watersheds": "polygons of the watersheds to report by",
    "monthly_precipitation": "twelve maps of monthly rain from a climate atlas",
    "monthly_rain_days": "twelve maps of days with rain from a climate atlas or a reanalysis",
    "infiltration": "soil texture classes scaled from 0 (clay) to 1 (sand)",
    "wind_factor": "wind speed, soil wetness and snow by day from a reanalysis, worked into the weather factor of wind erosion",
    "soil_carbonate": "soil grids with calcium carbonate",
    "recreation_sites": "visits to each park and scenic area with what visitors spend, or with the hours that residents stay",
    "housing": "homes near green by place: floor, price, and the premium of a hedonic study",
    "lakes": "polygons of lakes and reservoirs of a topographic map",
    "reservoirs": "a register of reservoirs with their capacity",
    "emissions": "emissions of pollutants by place from the statistics of the environment, with the state of air and water",
    "purification_capacity": "what ecosystems of a place can take of each pollutant, from local measurement",
    "purification_rates": "what a hectare of each cover takes of each pollutant, from local measurement",
    "hydropower_stations": "a register of power stations with head, efficiency, price and cost, in the columns InVEST users have",
    "visits": "visits to each site by zone of origin, with cost and time of the way",
}
"""Dataset that would supply an input, for those who lack it."""


def wanted(reason: str) -> str:
    """Reason why a product is absent, with the dataset that would supply its input."""
    name = reason.partition("'")[2].partition("'")[0]
    return f"{reason} ({WANTED[name]})" if name in WANTED else reason


RASTERS = ("continuous", "categorical")
FEATURES = ("polygons", "lines", "points", "shapes")
TOGETHER = ("annual", "zones", *RASTERS, *FEATURES)
"""What is one dataset though it lies in several files: tiles of a raster, parts of a layer, maps of years."""
SEVERAL = ("table", *TOGETHER)
"""What may lie in several files; of a table they are years or kinds."""


def kind_of(name: str) -> InputKind:
    """Return what an input is.

    Raises
    ------
    KeyError
        No such input; the message suggests the nearest.
    """
    if name not in INPUTS:
        raise KeyError(f"no input '{name}'; {nearest(name, INPUTS)}")
    return INPUTS[name]


def refuse_several(name: str, count: int) -> None:
    """Refuse more files than an input may lie in.

    Raises
    ------
    DataError
        Several files for an input that can have one only.
    """
    if count > 1 and INPUTS[name].family not in SEVERAL:
        raise DataError(
            f"{name}: {count} files are declared; only tables, maps and features may have several: join them into one"
        )
