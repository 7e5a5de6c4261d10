"""Linkages: what pulls and what is pushed in an input-output table that lies in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.industry.io_table import read_table
from shanshui.industry.linkage import linkage_table
from shanshui.queries.plain import jsonable, records
from shanshui.queries.table_files import naming, refuse_odd


@dataclass(frozen=True)
class SectorLinkages:
    """Linkages of the sectors of a table.

    Attributes
    ----------
    table : DataFrame
        A row per sector, as the product ``linkages``.
    sensitivity : str
        Definition by which the quadrant is told: ``ghosh`` or ``leontief``.
    imports : str
        Whether they are in the flows.
    without_output : tuple of str
        Codes of sectors that make nothing.
    history : tuple of str
        What was done to the table as it was read.
    """

    table: pd.DataFrame
    sensitivity: str
    imports: str
    without_output: tuple[str, ...]
    history: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found: dict[str, Any] = jsonable(
            {
                "sectors": records(self.table),
                "sensitivity": self.sensitivity,
                "imports": self.imports,
                "without_output": self.without_output,
                "history": self.history,
            }
        )
        return found


def sector_linkages(
    file: Path, *, sectors: int | None = None, tolerance: float = 0.01, sensitivity: str = "ghosh"
) -> SectorLinkages:
    """Linkages of the sectors of a table in a file.

    Parameters
    ----------
    file : Path
        CSV, Excel or Parquet.
    sectors : int, optional
        How many; found out by default.
    tolerance : float [1]
        Greatest imbalance over output.
    sensitivity : str
        Definition of the quadrant.

    Returns
    -------
    SectorLinkages
        With the table of the product ``linkages``.

    Raises
    ------
    DataError
        No table there, or one that does not balance: by how much and where.
    """
    file = Path(file)
    with naming(file):
        refuse_odd(file, "table")
        frame = coefficients_input(file, InputSpec(file=str(file)), "table")
        table = read_table(frame, sectors)
        found = linkage_table(table, sensitivity=sensitivity, tolerance=tolerance)
    said = found.attrs
    return SectorLinkages(
        found,
        said["sensitivity"],
        said["imports"],
        tuple(said["without_output"]),
        tuple(said["history"]),
    )
