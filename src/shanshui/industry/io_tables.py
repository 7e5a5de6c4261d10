"""Tables of input and output: what their columns hold, in which unit, and what they name."""

from typing import Annotated

import pandas as pd

from shanshui.core.quantity import ANY, TEXT, Key, Table

_SECTOR = {"code": Key("sector"), "name": TEXT}
_PREFECTURE = {"code": Key("prefecture"), "name": TEXT}
_LIST = {"name?": TEXT, "name_zh?": TEXT, "category?": Key("category"), "industry?": Key("industry")}  # fmt: skip

# given by a user

IoTable = Annotated[pd.DataFrame, Table({"*": ANY})]
SectorNames = Annotated[pd.DataFrame, Table({"code": Key("sector"), **_LIST, "*": ANY})]
SectorRegions = Annotated[pd.DataFrame, Table({"code": Key("sector"), "region": TEXT})]
Stressors = Annotated[pd.DataFrame, Table({"code": Key("sector"), "stressor": TEXT, "amount": ANY})]
Households = Annotated[
    pd.DataFrame, Table({"code": Key("sector"), "wages": ANY, "spending": ANY})
]  # fmt: skip
Investment = Annotated[
    pd.DataFrame, Table({"project": TEXT, "code": Key("sector"), "amount": ANY})
]  # fmt: skip
StartFlows = Annotated[pd.DataFrame, Table({"row": TEXT, "column": TEXT, "amount": ANY})]
FlowSums = Annotated[pd.DataFrame, Table({"side": TEXT, "name": TEXT, "amount": ANY})]
# linkages

Linkages = Annotated[
    pd.DataFrame,
    Table(
        {
            **_SECTOR, "output": ANY, "influence": "1", "sensitivity_leontief": "1", "sensitivity_ghosh": "1", "quadrant": TEXT,
            "variation": "1", "loss_whole": "1", "loss_backward": "1", "loss_forward": "1", "loss_trade": "1", "value_added": "1",
            "exports": "1", "growth": "1", "name_zh?": TEXT, "category?": Key("category"), "industry?": TEXT,
        }
    ),
]  # fmt: skip
LinkedCategories = Annotated[
    pd.DataFrame,
    Table(
        {
            "category?": Key("category"), "influence": "1", "sensitivity_ghosh": "1", "exports": "1", "growth": "1", "output": ANY,
        }
    ),
]  # fmt: skip
Footprints = Annotated[
    pd.DataFrame,
    Table(
        {
            "stressor": TEXT, **_SECTOR, "intensity": ANY, "total_intensity": ANY, "production": ANY, "consumption": ANY,
        }
    ),
]  # fmt: skip
RegionalLinkages = Annotated[
    pd.DataFrame,
    Table(
        {
            **_PREFECTURE, "industry": TEXT, "location_quotient": "1", "multiplier": "1", "national_multiplier": "1", "kept": "1",
            "influence": "1", "sensitivity": "1", "quadrant": TEXT,
        }
    ),
]  # fmt: skip
HouseholdMultipliers = Annotated[
    pd.DataFrame,
    Table(
        {
            **_SECTOR, "type_one": "1", "type_two": "1", "income_direct": "1", "income_one": "1", "income_two": "1",
        }
    ),
]  # fmt: skip
OutputChange = Annotated[
    pd.DataFrame, Table({**_SECTOR, "technology": ANY, "demand": ANY, "total": ANY})
]  # fmt: skip
Spillover = Annotated[
    pd.DataFrame,
    Table(
        {
            "region": TEXT, **_SECTOR, "intraregional": "1", "feedback": "1", "spillover": "1", "total": "1",
        }
    ),
]  # fmt: skip
ProjectJobs = Annotated[
    pd.DataFrame,
    Table(
        {
            "project": TEXT, "investment": ANY, "direct": "person*yr", "indirect": "person*yr", "total": "person*yr", "local": "person*yr",
        }
    ),
]  # fmt: skip
BalancedFlows = Annotated[
    pd.DataFrame, Table({"row": TEXT, "column": TEXT, "before": ANY, "amount": ANY})
]  # fmt: skip
