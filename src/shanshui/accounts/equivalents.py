"""Value of ecosystems by equivalent factors: area, factor, and the worth of one standard equivalent."""

from functools import cache
from io import StringIO

import pandas as pd

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.shipped import shipped_text

STANDARD_2010 = 3406.50
"""Worth of one standard equivalent in China, 2010 [yuan/ha], Xie et al. 2015 [S]."""
SERVICES = (
    "food", "raw_material", "water_supply", "gas", "climate", "purification", "hydrology", "soil", "nutrient",
    "biodiversity", "aesthetic",
)  # fmt: skip


@cache
def equivalent_factors() -> pd.DataFrame:
    """Factors by ecosystem and service [1]; ``status`` tells how each row is known. Built-up land counts 0 [D]."""
    text = shipped_text("accounts/equivalent_factors.csv")
    return pd.read_csv(StringIO(text)).set_index("ecosystem")


def equivalent_value(areas: pd.DataFrame, *, standard: float = STANDARD_2010) -> pd.DataFrame:
    """Value of ecosystems by service.

    Parameters
    ----------
    areas : table
        ``ecosystem, area_ha``; names of ``equivalent_factors``.
    standard : float [yuan/ha]
        Worth of one standard equivalent in the year of the account.

    Returns
    -------
    table
        ``ecosystem, service, area_ha, factor, value`` [yuan/yr].

    Raises
    ------
    QuantityError
        An ecosystem without factors.

    Notes
    -----
    ``V_kf = A_k e_kf D`` [yuan/yr]: ``A`` area [ha], ``e`` the factor of ecosystem k and service f [1], ``D`` one standard equivalent,
    3406.50 yuan/ha in 2010 (Xie et al. 2015 [S]); a region may take a seventh of the mean value of its grain a hectare instead.
    """
    factors = equivalent_factors()
    for name in areas["ecosystem"]:
        if name not in factors.index:
            raise QuantityError(f"ecosystem '{name}': {nearest(str(name), factors.index)}")
    long = (
        factors[list(SERVICES)]
        .reset_index()
        .melt("ecosystem", var_name="service", value_name="factor")
    )
    rows = areas[["ecosystem", "area_ha"]].merge(long, on="ecosystem")
    return rows.assign(value=rows["area_ha"] * rows["factor"] * standard)
