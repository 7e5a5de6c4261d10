"""What an economy's table says of change: households that spend, two years, several regions, works that are built."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.industry.extraction import spillover
from shanshui.industry.input_output import (
    household_inverse,
    leontief_inverse,
    multipliers,
    structural_decomposition,
    technical_coefficients,
)
from shanshui.industry.io_table import read_table
from shanshui.industry.io_tables import (
    HouseholdMultipliers,
    Households,
    Investment,
    IoTable,
    OutputChange,
    ProjectJobs,
    SectorRegions,
    Spillover,
    Stressors,
)
from shanshui.industry.linkage import by_sector, inverse_demand, plain_code

Tolerance = Annotated[float, Between(0.0, 1.0)]
Sectors = Annotated[int, Between(0, 100_000)]


def _rate(amount: NDArray[np.float64], output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amount per unit of output; 0 for a sector without output."""
    return np.where(output != 0, amount / np.where(output != 0, output, 1.0), 0.0)


@assessment(source="miller2009", bytes_per_cell=0)
def household_multipliers(
    io_table: IoTable,
    household_accounts: Households,
    *,
    sectors: Sectors = 0,
    tolerance: Tolerance = 0.01,
) -> HouseholdMultipliers:
    """Multipliers of output and income of each sector, without and with what households spend of their wages.

    Parameters
    ----------
    io_table : table
        As in :func:`linkages`.
    household_accounts : table
        ``code`` of the sector, ``wages`` that it pays and ``spending`` of households on it, both in the money of the table; a sector
        without a row pays and sells them nothing.
    sectors : int
        How many; 0 finds out.
    tolerance : float [1]
        Greatest imbalance of a sector over its output.

    Returns
    -------
    table
        ``code, name``; ``type_one, type_two``: output of all sectors per unit of final demand; ``income_direct`` wages in a unit of own
        output, ``income_one, income_two``: wages in all sectors per unit of final demand [1].

    Raises
    ------
    QuantityError
        A code that is no sector, amounts below 0 or missing, wages of a sector without output or above it, no wages at all, households
        that spend more than their wages.

    Notes
    -----
    Closing the table for households (Miller and Blair 2009, sections 2.5 and 6.2 [S2]): with A = [z_ij / x_j], h_j = wages_j / x_j and
    c_i = spending_i / sum of wages, L = (I - A)^-1 and the bordered L~ = (I - [[A, c], [h, 0]])^-1,

    type_one_j = sum_i l_ij, type_two_j = sum over sectors i of l~_ij, income_one_j = sum_i h_i l_ij, income_two_j = l~_(n+1)j.

    Household income is all wages given; income from property and transfers is left out unless it stands among them, so households that
    spend more than their wages are refused and not closed [D].
    """
    table = read_table(io_table, sectors or None).checked(tolerance)
    pay, spent = (
        by_sector(household_accounts, table, "household_accounts", word, word)
        for word in ("wages", "spending")
    )
    total = float(pay.sum())
    if total <= 0:
        raise QuantityError(f"household_accounts.wages: sum to {total:g}, expected more than 0")
    if spent.sum() > total:
        raise QuantityError(
            f"household_accounts: households spend {spent.sum():.6g} of wages of {total:.6g}; add what else they live on to the wages of "
            "the sectors that pay it"
        )
    above = np.flatnonzero(pay > table.output)
    if len(above):
        raise QuantityError(
            f"household_accounts.wages: {table.codes[above[0]]} pays {pay[above[0]]:.6g} of an output of {table.output[above[0]]:.6g}; are "
            "both in one money?"
        )
    a = technical_coefficients(table.flows, table.output)
    rate = _rate(pay, table.output)
    inverse, closed = leontief_inverse(a), household_inverse(a, rate, spent / total)
    n = len(a)
    return pd.DataFrame(
        {
            "code": list(table.codes),
            "name": list(table.names),
            "type_one": inverse.sum(axis=0),
            "type_two": closed[:n, :n].sum(axis=0),
            "income_direct": rate,
            "income_one": rate @ inverse,
            "income_two": closed[n, :n],
        }
    )


@assessment(source="dietzenbacher1998", bytes_per_cell=0)
def output_change(
    io_table_before: IoTable,
    io_table: IoTable,
    *,
    sectors: Sectors = 0,
    tolerance: Tolerance = 0.01,
) -> OutputChange:
    """Change of each sector's output between two tables, parted into change of technology and of final demand.

    Parameters
    ----------
    io_table_before : table
        Of an earlier year, in the prices of the later one.
    io_table : table
        Of the later year, the same sectors.
    sectors : int
        How many; 0 finds out.
    tolerance : float [1]
        Greatest imbalance of a sector over its output, in either table.

    Returns
    -------
    table
        ``code, name, technology, demand, total`` in the money of the tables; the first two sum to the third.

    Raises
    ------
    QuantityError
        Tables whose sectors differ.

    Notes
    -----
    Dietzenbacher and Los (1998) [S2], the mean of the two polar forms:
    x1 - x0 = 1/2 (L1 - L0)(y0 + y1) + 1/2 (L0 + L1)(y1 - y0), L = (I - A)^-1, y final demand. Tables in current prices count the rise of
    prices as change: deflate first.
    """
    first = read_table(io_table_before, sectors or None).checked(tolerance)
    second = read_table(io_table, sectors or None).checked(tolerance)
    names = [[plain_code(c) for c in t.codes] for t in (first, second)]
    if names[0] != names[1]:
        odd = sorted({*names[0]} ^ {*names[1]})
        raise QuantityError(
            f"io_table_before, io_table: {len(names[0])} and {len(names[1])} sectors that differ ({', '.join(odd[:5]) or 'in order'}); bring "
            "them to one list of sectors first"
        )
    a = [technical_coefficients(t.flows, t.output) for t in (first, second)]
    y = [inverse_demand(t, c) for t, c in zip((first, second), a, strict=True)]
    out = structural_decomposition((a[0], a[1]), (y[0], y[1]))
    out.insert(0, "code", list(second.codes))
    out.insert(1, "name", list(second.names))
    return out


@assessment(source="miller2009", bytes_per_cell=0)
def regional_spillover(
    multiregional_table: IoTable,
    sector_regions: SectorRegions,
    *,
    sectors: Sectors = 0,
    tolerance: Tolerance = 0.01,
) -> Spillover:
    """Multiplier of each region's sectors parted by where it acts: at home, back home through others, and in the others.

    Parameters
    ----------
    multiregional_table : table
        An input-output table whose sectors are those of several regions, one after another; labels unlike each other.
    sector_regions : table
        ``code`` of each sector of the table and its ``region``.
    sectors : int
        How many; 0 finds out.
    tolerance : float [1]
        Greatest imbalance of a sector over its output.

    Returns
    -------
    table
        ``region, code, name, intraregional, feedback, spillover, total`` [1]; the three sum to the total.

    Raises
    ------
    QuantityError
        A sector without a region.

    Notes
    -----
    Miller and Blair (2009), sections 3.3 and 6.3 [S2], after Miller (1966) and Round (1985): for sector j of region r, L = (I - A)^-1 of the
    whole table, intraregional = column sum of (I - A_rr)^-1, feedback = column sum of L_rr less intraregional, spillover = sum over s != r
    of the column sums of L_sr.
    """
    table = read_table(multiregional_table, sectors or None).checked(tolerance)
    given = sector_regions["code"].map(plain_code)
    of = dict(zip(given, sector_regions["region"].astype(str), strict=True))
    lost = [c for c in table.codes if not of.get(plain_code(c))]
    if lost:
        raise QuantityError(f"sector_regions: no region for sectors {', '.join(lost[:8])}")
    a = technical_coefficients(table.flows, table.output)
    out = spillover(a, [of[plain_code(c)] for c in table.codes])
    out.insert(1, "code", list(table.codes))
    out.insert(2, "name", list(table.names))
    return out


@assessment(source="miller2009", bytes_per_cell=0)
def construction_jobs(
    io_table: IoTable,
    investment: Investment,
    stressors: Stressors,
    *,
    jobs: str = "jobs",
    local_share: Annotated[float, Between(0.0, 1.0)] = 1.0,
    sectors: Sectors = 0,
    tolerance: Tolerance = 0.01,
) -> ProjectJobs:
    """Work that a project gives: on the site, with all suppliers, and what of both people of the place take.

    Parameters
    ----------
    io_table : table
        As in :func:`linkages`.
    investment : table
        ``project, code`` of the sector that builds, equips or keeps it, ``amount`` of home products in the money of the table.
    stressors : table
        ``code, stressor, amount``: persons employed by sector stand under the name in ``jobs``.
    jobs : str
        Stressor that counts persons.
    local_share : float [1]
        Of the work that people of the place take [D].
    sectors : int
        How many; 0 finds out.
    tolerance : float [1]
        Greatest imbalance of a sector over its output.

    Returns
    -------
    table
        ``project, investment`` in the money of the table; ``direct, indirect, total, local`` [person*yr].

    Raises
    ------
    QuantityError
        No stressor of that name, a sector that the table does not have, amounts below 0 or missing, persons in a sector without output.

    Notes
    -----
    Employment multipliers (Miller and Blair 2009, section 6.2 [S2]): e_j = persons_j / x_j, direct = e' y, total = e' L y, indirect = total
    - direct, local = local_share * total, y the project's demand by sector. A table of the nation counts suppliers all over it.
    """
    table = read_table(io_table, sectors or None).checked(tolerance)
    persons = by_sector(
        stressors[stressors["stressor"].astype(str) == jobs], table, "stressors", f"stressor '{jobs}'"
    )  # fmt: skip
    idle = np.flatnonzero((table.output == 0) & (persons != 0))
    if len(idle):
        raise QuantityError(
            f"stressors: {jobs} of {table.codes[idle[0]]}, which has no output; give them to another sector"
        )
    each = _rate(persons, table.output)
    behind = multipliers(leontief_inverse(technical_coefficients(table.flows, table.output)), each)
    rows = []
    for project, part in investment.groupby(investment["project"].astype(str), sort=True):
        y = by_sector(part, table, "investment", f"project {project}")
        rows.append((str(project), float(y.sum()), float(each @ y), float(behind @ y)))
    out = pd.DataFrame(rows, columns=["project", "investment", "direct", "total"])
    out["indirect"] = out["total"] - out["direct"]
    out["local"] = local_share * out["total"]
    return out[["project", "investment", "direct", "indirect", "total", "local"]]
