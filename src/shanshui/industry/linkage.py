"""Linkages of an economy's sectors, and of a place that has no table of its own."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Counties, Employment, Prefectures
from shanshui.industry.employment import jobs_by_place
from shanshui.industry.extraction import VARIANTS, footprint, hypothetical_extraction
from shanshui.industry.input_output import (
    column_variation,
    influence_coefficient,
    key_sectors,
    leontief_inverse,
    multipliers,
    sensitivity_coefficient,
    technical_coefficients,
)
from shanshui.industry.io_table import InputOutputTable, read_table
from shanshui.industry.io_tables import (
    Footprints,
    IoTable,
    Linkages,
    RegionalLinkages,
    SectorNames,
    Stressors,
)
from shanshui.industry.regional_tables import location_quotients, regional_coefficients


def linkage_table(
    table: InputOutputTable, *, sensitivity: str = "ghosh", tolerance: float = 0.01
) -> pd.DataFrame:
    """Every linkage measure of every sector.

    Parameters
    ----------
    table : InputOutputTable
        Checked here.
    sensitivity : str
        Definition that the quadrant uses: ``ghosh`` or ``leontief``; both are in the table.
    tolerance : float [1]
        Greatest imbalance over output.

    Returns
    -------
    DataFrame
        ``code, name, output, influence, sensitivity_leontief, sensitivity_ghosh, quadrant, variation``, ``loss_whole, loss_backward,
        loss_forward, loss_trade`` (shares of all output lost by extraction), ``value_added`` per unit of final demand, ``exports``
        share of all exports, ``growth`` the share of value added in output: the
        evaluation reads it as the potential to grow, it is no rate. Sectors without output have coefficients of 0 and stand as ``weak``.

    Raises
    ------
    DataError, QuantityError
        A table that does not balance, or is singular.
    """
    table.checked(tolerance)
    a = technical_coefficients(table.flows, table.output)
    inverse = leontief_inverse(a)
    pull = influence_coefficient(inverse)
    push = {
        form: sensitivity_coefficient(inverse, form=form, output=table.output)
        for form in ("leontief", "ghosh")
    }
    if sensitivity not in push:
        raise QuantityError(f"sensitivity: '{sensitivity}'; expected leontief or ghosh")
    added = table.added
    share = np.where(table.output != 0, added / np.where(table.output != 0, table.output, 1.0), 0.0)
    loss = {
        v: hypothetical_extraction(a, inverse_demand(table, a), variant=v)["share_of_output"]
        for v in VARIANTS
    }
    exports = next(
        (
            table.final[c].to_numpy()
            for c in table.final
            if str(c).strip().lower() in ("ex", "export", "exports", "出口")
        ),
        np.full(len(added), np.nan),
    )
    sold = float(np.nansum(exports))
    out = pd.DataFrame(
        {
            "code": list(table.codes),
            "name": list(table.names),
            "output": table.output,
            "influence": pull,
            "sensitivity_leontief": push["leontief"],
            "sensitivity_ghosh": push["ghosh"],
            "quadrant": key_sectors(pull, push[sensitivity]),
            "variation": column_variation(inverse),
            **{f"loss_{v}": values.to_numpy() for v, values in loss.items()},
            "value_added": multipliers(inverse, share),
            "exports": exports / sold if sold else exports,
            "growth": share,
        }
    )
    out.attrs["sensitivity"] = sensitivity
    out.attrs["imports"] = "in the flows" if table.competitive else "left out of the flows"
    out.attrs["without_output"] = [
        c for c, x in zip(table.codes, table.output, strict=True) if x == 0
    ]
    out.attrs["history"] = list(table.history)
    return out


def inverse_demand(table: InputOutputTable, coefficients: np.ndarray) -> np.ndarray:
    """Final demand that the coefficients give the table's output: what is left of rounding goes into it."""
    return table.output - coefficients @ table.output


@assessment(source="miller2009", bytes_per_cell=0)
def linkages(
    io_table: IoTable,
    sector_names: SectorNames | None = None,
    *,
    sectors: Annotated[int, Between(0, 100_000)] = 0,
    sensitivity: Annotated[str, OneOf("ghosh", "leontief")] = "ghosh",
    tolerance: Annotated[float, Between(0.0, 1.0)] = 0.01,
) -> Linkages:
    """Influence, sensitivity, quadrant and extraction loss of each sector.

    Parameters
    ----------
    io_table : table
        Sectors in rows and columns, then value added, final uses and output; imports parted or not.
    sector_names : table, optional
        ``code`` and, as there are, ``name, name_zh, category, industry``: words for the sectors.
    sectors : int
        How many; 0 finds out.
    sensitivity : str
        Definition of the quadrant.
    tolerance : float [1]
        Greatest imbalance of a sector over its output.

    Returns
    -------
    table
        As :func:`linkage_table`; ``name`` from the words where they are given.

    Raises
    ------
    DataError
        No square of sectors, or a table that does not balance: where and by how much.
    QuantityError
        I - A is singular.

    Notes
    -----
    A = [z_ij / x_j], L = (I - A)^-1 (Miller and Blair 2009, section 2.2 [S2]), n sectors, g_ij = l_ij x_j / x_i the Ghosh inverse:

    influence_j = sum_i l_ij / (sum_ij l_ij / n) (Rasmussen 1956 [M]); sensitivity_leontief_i = sum_j l_ij / (sum_ij l_ij / n);
    sensitivity_ghosh_i = sum_j g_ij / (sum_ij g_ij / n) (Jones 1976 [M]); variation_j = standard deviation (n - 1) over mean of column j of L;
    quadrant key where influence and sensitivity are above 1, backward or forward where one is, weak where none;
    loss_v = (sum x - sum x~) / sum x, x~ output without the sector in variant v (Dietzenbacher, van der Linden and Steenge 1993 [S2]);
    value_added_j = sum_i v_i l_ij, v_i value added over output; growth = v_j, a share and no rate; exports = share of all exports.

    The Ghosh form is the default of the quadrant: row sums of L mix unit demands of unequal sectors.
    """
    out = linkage_table(
        read_table(io_table, sectors or None), sensitivity=sensitivity, tolerance=tolerance
    )
    attrs = dict(out.attrs)
    if sector_names is not None:
        words = sector_names.assign(code=sector_names["code"].map(plain_code)).set_index("code")
        at = out["code"].map(plain_code)
        for column in ("name", "name_zh", "category", "industry"):
            if column in words:
                given = at.map(words[column].to_dict())
                out[column] = given.fillna(out[column]) if column in out else given.fillna("")
    out.attrs.update(attrs)
    return out


def plain_code(value: object) -> str:
    """A sector's code without what a spreadsheet added or left out."""
    text = str(value).strip().removesuffix(".0")
    return text.lstrip("0") or text


def by_sector(
    rows: pd.DataFrame,
    table: InputOutputTable,
    name: str,
    what: str,
    column: str = "amount",
    *,
    low: float = 0.0,
) -> NDArray[np.float64]:
    """Amounts in the order of a table's sectors.

    Parameters
    ----------
    rows : table
        ``code`` of the sector and the column of amounts; several rows of a sector are summed.
    table : InputOutputTable
        Has the sectors.
    name, what : str
        The input, and what of it, for messages.
    column : str
        Holds the amounts.
    low : float
        Least amount.

    Returns
    -------
    (sector,)
        0 for a sector without a row.

    Raises
    ------
    QuantityError
        No rows, a code that is no sector, amounts that are missing or below ``low``.
    """
    if rows.empty:
        raise QuantityError(f"{name}: no rows of {what}")
    place = {plain_code(code): k for k, code in enumerate(table.codes)}
    out = np.zeros(len(place))
    numbers = pd.to_numeric(rows[column], errors="coerce")
    for code, given, value in zip(rows["code"], rows[column], numbers, strict=True):
        if plain_code(code) not in place:
            raise QuantityError(
                f"{name}.code: '{code}' is no sector; known: {', '.join(table.codes[:8])} …"
            )
        if not (np.isfinite(value) and value >= low):
            least = "a number" if low == -np.inf else f"{low:g} or more"
            raise QuantityError(f"{name}.{column}: {what}, {code}: {given!r}, expected {least}")
        out[place[plain_code(code)]] += float(value)
    return out


@assessment(source="miller2009", bytes_per_cell=0)
def footprints(
    io_table: IoTable,
    stressors: Stressors,
    *,
    sectors: Annotated[int, Between(0, 100_000)] = 0,
    tolerance: Annotated[float, Between(0.0, 1.0)] = 0.01,
) -> Footprints:
    """Water, land, carbon or jobs of each sector's production, and behind the final demand for it.

    Parameters
    ----------
    io_table : table
        As in :func:`linkages`.
    stressors : table
        ``code`` of the sector, ``stressor``, ``amount`` a year in any unit; sectors without a row have none.
    sectors : int
        How many; 0 finds out.
    tolerance : float [1]
        Greatest imbalance of a sector over its output.

    Returns
    -------
    table
        ``stressor, code, name, intensity`` per unit of own output, ``total_intensity`` per unit of final demand, ``production,
        consumption`` in the stressor's unit; both have one sum.

    Raises
    ------
    DataError
        A table that does not balance.
    QuantityError
        A code that is no sector, an amount that is missing, stressors of a sector without output.

    Notes
    -----
    intensity_j = s_j / x_j, total_intensity' = intensity' (I - A)^-1, production_j = s_j, consumption_j = total_intensity_j y_j, s the stressor
    and y final demand for home output (Miller and Blair 2009, chapter 10 [S2]). sum s = sum consumption when the table balances.
    """
    table = read_table(io_table, sectors or None).checked(tolerance)
    a = technical_coefficients(table.flows, table.output)
    parts = []
    for name, rows in stressors.groupby(stressors["stressor"].astype(str), sort=True):
        # what takes up, such as a sink of carbon, is below 0
        amount = by_sector(rows, table, "stressors", str(name), low=-np.inf)
        found = footprint(a, amount, table.output, inverse_demand(table, a))
        parts.append(
            found.assign(stressor=str(name), code=list(table.codes), name=list(table.names))
        )
    columns = [
        "stressor",
        "code",
        "name",
        "intensity",
        "total_intensity",
        "production",
        "consumption",
    ]
    out = pd.concat(parts, ignore_index=True)[columns]
    out.attrs["imports"] = (
        "in the flows"
        if table.competitive
        else "left out: what is embodied in imports is not counted"
    )
    return out


@assessment(source="flegg1997", bytes_per_cell=0)
def regional_linkages(
    io_table: IoTable,
    sector_names: SectorNames,
    employment: Employment,
    prefectures: Prefectures,
    counties: Counties,
    *,
    quotient: Annotated[str, OneOf("slq", "cilq", "rlq", "flq", "aflq")] = "flq",
    delta: Annotated[float, Between(0.0, 0.99)] = 0.3,
    year: Annotated[int | None, Between(1900, 2200)] = None,
    tolerance: Annotated[float, Between(0.0, 1.0)] = 0.01,
) -> RegionalLinkages:
    """Multipliers of each prefecture from the national table, cut to what its own industries can supply.

    Parameters
    ----------
    io_table : table
        Of the nation.
    sector_names : table
        ``code`` of each sector and the ``industry`` of the employment table it is of: sectors are brought together by it.
    employment : table
        ``code, year, industry, persons``; all places of the table together are the nation.
    prefectures : polygons
        ``code, name``.
    counties : polygons
        ``code, parent``.
    quotient : str
        Location quotient that cuts the coefficients.
    delta : float [1]
        Of ``flq`` and ``aflq``.
    year : int
        Of the jobs; the latest by default.
    tolerance : float [1]
        Greatest imbalance of the national table.

    Returns
    -------
    table
        ``code, name, industry, location_quotient, multiplier`` of output within the place, ``national_multiplier, kept`` share of the
        national one's indirect part that stays, ``influence, sensitivity, quadrant`` within the place [1].

    Raises
    ------
    DataError
        A table that does not balance.
    QuantityError
        Sectors without an industry, industries that the table of jobs does not have.

    Notes
    -----
    SLQ_i = (e_i / e) / (n_i / n), jobs of the place over the nation's; CILQ_ij = SLQ_i / SLQ_j; FLQ_ij = CILQ_ij lambda, SLQ_i lambda on the
    diagonal, lambda = [log2(1 + e / n)]^delta (Flegg and Webber 1997 [S2]); AFLQ multiplies by log2(1 + SLQ_j) where that is above 1 (Flegg and
    Webber 2000 [M]); RLQ_ij = SLQ_i / log2(1 + SLQ_j) (Round 1978 [M]). r_ij = a_ij min(1, LQ_ij), multiplier_j = sum_i of (I - R)^-1,
    kept = (multiplier - 1) / (national_multiplier - 1). delta 0.3, of 0.25 to 0.35 in published surveys [M].
    """
    table = read_table(io_table).checked(tolerance)
    words = sector_names.assign(code=sector_names["code"].map(plain_code)).set_index("code")
    if "industry" not in words:
        raise QuantityError(
            "sector_names: no column industry; found " + ", ".join(map(str, words.columns))
        )
    groups = [str(words["industry"].get(plain_code(c), "")) for c in table.codes]
    if "" in groups:
        lost = [c for c, g in zip(table.codes, groups, strict=True) if not g]
        raise QuantityError(f"sector_names: no industry for sectors {', '.join(lost[:8])}")
    joined = table.aggregated(groups)
    wide, nation, names = jobs_by_place(employment, prefectures, counties, year)
    strange = [g for g in joined.codes if g not in nation.index]
    if strange:
        raise QuantityError(
            f"sector_names.industry: {', '.join(strange)} are not in the employment table; known: {', '.join(map(str, nation.index))}"
        )
    a = technical_coefficients(joined.flows, joined.output)
    whole = leontief_inverse(a).sum(axis=0)
    rows = []
    jobs = nation[list(joined.codes)].to_numpy(np.float64)
    for code, line in wide.iterrows():
        own = line[list(joined.codes)].to_numpy(np.float64)
        inverse = leontief_inverse(
            regional_coefficients(a, own, jobs, quotient=quotient, delta=delta)
        )
        pull, push = influence_coefficient(inverse), sensitivity_coefficient(inverse)
        within = inverse.sum(axis=0)
        kinds = key_sectors(pull, push)
        quotients = location_quotients(own, jobs)
        for k, industry in enumerate(joined.codes):
            kept = (within[k] - 1.0) / (whole[k] - 1.0) if whole[k] > 1.0 else np.nan
            rows.append(
                (
                    str(code),
                    names[str(code)],
                    industry,
                    quotients[k],
                    within[k],
                    whole[k],
                    kept,
                    pull[k],
                    push[k],
                    kinds[k],
                )
            )
    columns = [
        "code", "name", "industry", "location_quotient", "multiplier", "national_multiplier", "kept", "influence", "sensitivity", "quadrant",
    ]  # fmt: skip
    out = pd.DataFrame(rows, columns=columns)
    out.attrs |= {"quotient": quotient, **wide.attrs}
    return out
