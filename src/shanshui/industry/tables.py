"""Tables of the chapter: what their columns hold, in which unit, and what they name."""

from typing import Annotated

import geopandas as gpd
import pandas as pd

from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.vocabulary import ADMINISTRATIVE

PLACE = Key("prefecture", "county")
"""Firms are known by prefecture or by county."""
SUBJECT = Key("prefecture", "county", "category")
"""What is evaluated: places, and industries."""
_PREFECTURE = {"code": Key("prefecture"), "name": TEXT}
# given by a user

Register = Annotated[
    pd.DataFrame,
    Table(
        {
            "name": TEXT, "place?": ADMINISTRATIVE, "province?": Key("province"), "year?": "yr", "capital_yuan?": "yuan", "*": ANY,
        }
    ),
]  # fmt: skip
Labelled = Annotated[
    pd.DataFrame,
    Table({"name": TEXT, "category": Key("category"), "scope?": TEXT, "code?": Key("industry")}),
]
Vocabulary = Annotated[
    pd.DataFrame, Table({"category": TEXT, "word": TEXT, "specificity?": "1", "*": ANY})
]  # fmt: skip
Reports = Annotated[pd.DataFrame, Table({"year": "yr", "text": TEXT, "place?": ADMINISTRATIVE})]
Readiness = Annotated[
    pd.DataFrame,
    Table(
        {
            "technology": Key("technology"), "part": TEXT, "level": "1", "evidence": TEXT, "date": TEXT, "category?": Key("category"),
        }
    ),
]  # fmt: skip
Judgements = Annotated[pd.DataFrame, Table({"*": ANY})]
RuleTable = Annotated[
    pd.DataFrame, Table({"rule": TEXT, "verdict": TEXT, "codes": TEXT, "*": ANY})
]  # fmt: skip
Clusters = Annotated[
    pd.DataFrame,
    Table({"cluster": TEXT, "core": TEXT, "city": Key("city"), "categories": TEXT}),
]
Hubs = Annotated[pd.DataFrame, Table({"scheme": TEXT, "city": Key("city"), "role": TEXT})]
Capacities = Annotated[
    pd.DataFrame,
    Table({"plant": Key("plant"), "code": Key("industry"), "capacity": ANY, "built?": "yr"}),
]
Streams = Annotated[
    pd.DataFrame,
    Table(
        {
            "firm": Key("firm"), "material": TEXT, "kind": TEXT, "amount": ANY, "purity?": "1", "price?": ANY, "disposal?": ANY,
            "treatment?": ANY, "haulage?": ANY, "reach_km?": "km", "months?": TEXT, "x_km?": "km", "y_km?": "km", "lon?": "degree",
            "lat?": "degree",
        }
    ),
]  # fmt: skip
Processes = Annotated[
    pd.DataFrame,
    Table(
        {
            "process": TEXT, "takes": TEXT, "makes": TEXT, "fixed": "yuan/yr", "capacity": ANY, "treatment?": ANY,
        }
    ),
]  # fmt: skip
RoledCities = Annotated[
    gpd.GeoDataFrame, Features({"name": TEXT, "role": TEXT, "*": ANY}, Key("city"))
]  # fmt: skip

# structure and stage
GrowthParts = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE, "sector": TEXT, "national": "yuan", "mix": "yuan", "competitive": "yuan", "allocation": "yuan", "total": "yuan",
        }
    ),
]  # fmt: skip
SectorStructure = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE,
            **{f"{s}_{e}": "1" for e in ("first", "last") for s in ("primary", "secondary", "tertiary")},
            "change": "1", "angle": "degree", "secondary_change": "1", "secondary_risen": "1", "secondary_chance?": "1",
        }
    ),
]  # fmt: skip
StageVerdicts = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE, "year": "yr", "criterion": TEXT, "value": ANY, "stage": TEXT, "score": "1", "doubt": TEXT,
        }
    ),
]  # fmt: skip
EmploymentStructure = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE, "industry": TEXT, "persons": "person", "share": "1", "location_quotient": "1", "specialisation": "1",
            "herfindahl": "1",
        }
    ),
]  # fmt: skip
GreenGaps = Annotated[
    pd.DataFrame,
    Table({**_PREFECTURE, "class": TEXT, "share": "1", "target": "1", "gap": "1"}),
]
UrbanFlow = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE, "industry": TEXT, "persons": "person", "basic": "person", "flow": "yuan/yr",
        }
    ),
]  # fmt: skip

# firms, reports, technologies
ScreenedFirms = Annotated[
    pd.DataFrame,
    Table(
        {
            "name": TEXT, "place?": ADMINISTRATIVE, "province?": Key("province"), "year?": "yr", "capital_yuan?": "yuan", "category": Key("category"),
            "decision": TEXT, "*": ANY,
        }
    ),
]  # fmt: skip
EmergingFirms = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": PLACE, "name": TEXT, "category": Key("category"), "firms": "1", "review": "1", "share": "1", "herfindahl": "1",
        }
    ),
]  # fmt: skip
FirmCounts = Annotated[
    pd.DataFrame,
    Table({"code": PLACE, "name": TEXT, "category": Key("category"), "firms": "1"}),
]
LeadingFirms = Annotated[
    pd.DataFrame, Table({"code": PLACE, "category": Key("category"), "firms": "1"})
]  # fmt: skip
FirmPlaces = Annotated[
    gpd.GeoDataFrame,
    Features({"code": TEXT, "name": TEXT, "firms": "1", "leading": Key("category")}, PLACE),
]
Quality = Annotated[
    pd.DataFrame,
    Table(
        {
            "category": Key("category"), "precision": "1", "recall": "1", "f1": "1", "found": "1", "true": "1",
        }
    ),
]  # fmt: skip
ClusterIndustries = Annotated[
    pd.DataFrame,
    Table(
        {
            "cluster": TEXT, "core": TEXT, "city": Key("city"), "category": Key("category"), "intended": "1", "firms": "1", "rank": "1",
            "verdict": TEXT,
        }
    ),
]  # fmt: skip
ServiceHubs = Annotated[pd.DataFrame, Table({"city": Key("city"), "agree": "1", "*": TEXT})]
Attention = Annotated[
    pd.DataFrame,
    Table(
        {
            "year": "yr", "place": ADMINISTRATIVE, "category": Key("category"), "mentions": "1", "achieved": "1", "planned": "1", "letters": "1",
            "per_10k": "1", "share": "1",
        }
    ),
]  # fmt: skip
Passages = Annotated[
    pd.DataFrame,
    Table(
        {
            "year": "yr", "place": ADMINISTRATIVE, "category": Key("category"), "word": TEXT, "kind": TEXT, "passage": TEXT,
        }
    ),
]  # fmt: skip
Maturity = Annotated[
    pd.DataFrame,
    Table(
        {
            "technology": Key("technology"), "category": Key("category"), "level": "1", "weakest": TEXT, "parts": "1", "unproven": "1",
            "evidence": TEXT, "date": TEXT,
        }
    ),
]  # fmt: skip
Levels = Annotated[pd.DataFrame, Table({"category": Key("category"), "level": "1"})]

# evaluation
Weights = Annotated[
    pd.DataFrame,
    Table(
        {
            "parent": TEXT, "item": TEXT, "level": "1", "leaf": "1", "weight": "1", "lower": "1", "upper": "1", "global_weight": "1",
            "global_lower": "1", "global_upper": "1", "consistency_ratio": "1",
        }
    ),
]  # fmt: skip
LeafWeights = Annotated[
    pd.DataFrame,
    Table(
        {
            "item": TEXT, "leaf": "1", "global_weight": "1", "global_lower": "1", "global_upper": "1",
        }
    ),
]  # fmt: skip
Values = Annotated[
    pd.DataFrame,
    Table(
        {
            "subject": TEXT, "code": SUBJECT, "name?": TEXT, "indicator": Key("indicator"), "value": ANY, "lower?": ANY, "upper?": ANY,
        }
    ),
]  # fmt: skip
IndicatorValues = Annotated[
    pd.DataFrame,
    Table(
        {
            "subject": TEXT, "code": SUBJECT, "name": TEXT, "indicator": Key("indicator"), "value": ANY, "basis": TEXT,
        }
    ),
]  # fmt: skip
PrefectureGep = Annotated[
    pd.DataFrame, Table({"unit": Key("=prefectures"), "total": "yuan/yr"})
]  # fmt: skip
Evaluation = Annotated[
    pd.DataFrame,
    Table(
        {
            "subject": TEXT, "code": SUBJECT, "name": TEXT, "score": "1", "lower": "1", "upper": "1", "rank": "1", "grade": "1",
            "check_grade": "1", "first_share": "1", "indicators": "1", "filled": "1", "known_weight": "1",
        }
    ),
]  # fmt: skip

# places: admission, growing, layout
UnitAdmission = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=planning_unit_labels"), "code": Key("industry"), "category": Key("category"), "name": TEXT, "name_zh": TEXT,
            "verdict": TEXT, "if_clear": TEXT, "worst": TEXT, "provisional": "1", "open_to": TEXT, "open_share": "1", "welcome_share": "1",
            "rules": TEXT, "closing_rules": TEXT,
        }
    ),
]  # fmt: skip
CategoryVerdicts = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=planning_unit_labels"),
            "category": Key("category"),
            "verdict": TEXT,
            "if_clear": TEXT,
            "provisional": "1",
        }
    ),
]
UnitVerdicts = Annotated[
    pd.DataFrame,
    Table({"unit": Key("planning_unit"), "code": Key("industry"), "verdict": TEXT}),
]
UnitGrowing = Annotated[
    pd.DataFrame,
    Table({"unit": Key("=planning_unit_labels"), "area_km2": "km2", "suitability": "1"}),
]
GrowingLand = Annotated[
    pd.DataFrame, Table({"unit": Key("planning_unit"), "area_km2": "km2", "suitability": "1"})
]
CropAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "crop": TEXT, "name": TEXT, "name_zh": TEXT, "kind": TEXT, "suited_km2": "km2", "good_km2": "km2",
        }
    ),
]  # fmt: skip
ChainLayout = Annotated[
    pd.DataFrame,
    Table(
        {
            "link": TEXT, "place": Key("planning_unit", "city"), "name": TEXT, "to": Key("city"), "amount_ha": "ha", "share": "1",
            "suitability": "1", "km": "km",
        }
    ),
]  # fmt: skip
HeavyJobs = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"), "name": TEXT, "x": "m", "y": "m", "jobs": "person", "pushed_share": "1",
        }
    ),
]  # fmt: skip
Relocation = Annotated[
    pd.DataFrame,
    Table(
        {"code": Key("county"), "name": TEXT, "to": Key("city"), "jobs": "person", "km": "km"},
    ),
]
PhaseOut = Annotated[
    pd.DataFrame,
    Table(
        {
            "plant": Key("plant"), "code": Key("industry"), "capacity": ANY, "leaves": "yr", "remaining": ANY, "rules": TEXT,
        }
    ),
]  # fmt: skip

# exchange
Exchanges = Annotated[
    pd.DataFrame,
    Table(
        {
            "material": TEXT, "source": Key("firm"), "target": Key("firm"), "amount": ANY, "km": "km", "saving": ANY, "value": "yuan/yr",
        }
    ),
]  # fmt: skip
MaterialFlows = Annotated[pd.DataFrame, Table({"material": TEXT, "amount": ANY})]
Circularity = Annotated[
    pd.DataFrame,
    Table(
        {
            "material": TEXT, "supply": ANY, "demand": ANY, "exchanged": ANY, "recycling_rate": "1", "substitution_rate": "1",
            "potential_rate": "1",
        }
    ),
]  # fmt: skip
TreatmentPlants = Annotated[
    pd.DataFrame,
    Table(
        {
            "process": TEXT, "takes": TEXT, "makes": TEXT, "built": "1", "capacity": ANY, "throughput": ANY, "saving": "yuan/yr",
            "fixed": "yuan/yr", "gain": "yuan/yr",
        }
    ),
]  # fmt: skip
