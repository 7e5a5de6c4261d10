"""Which column of a table of places is what: codes, names, years, amounts, keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from shanshui.core.errors import DataError

CODES = ("code", "adcode", "geoid", "fips", "nuts_id", "nuts", "gid", "代码", "行政区划代码", "区划代码", "编码")  # fmt: skip
NAMES = ("name", "place", "county", "district", "city", "prefecture", "名称", "地区", "区县", "县区", "县", "城市", "市", "行政区")  # fmt: skip
PARENTS = ("parent", "prefecture", "city", "state", "province", "上级", "所属市", "地级市", "市", "所属省份", "省份", "省")  # fmt: skip
YEARS = ("year", "年份", "年度", "年")


@dataclass(frozen=True)
class Columns:
    """What each column of the table is.

    Attributes
    ----------
    code, name, parent, year : str or None
        Columns of codes, names, places above and years, those that it has.
    amounts, means, keys, by : tuple of str
        As :func:`shanshui.region.join.join` takes them.
    """

    code: str | None
    name: str | None
    parent: str | None
    year: str | None
    amounts: tuple[str, ...]
    means: tuple[str, ...]
    keys: tuple[str, ...]
    by: tuple[str, ...]

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        amounts: Sequence[str] | None,
        means: Sequence[str],
        keys: Sequence[str] | None,
        by: Sequence[str] | None,
        what: str,
    ) -> "Columns":
        """Tell them by their heads and by what is given.

        Raises
        ------
        DataError
            A column that is not there, or neither codes nor names.
        """
        given = [*(amounts or ()), *means, *(keys or ()), *(by or ())]
        lacks = [c for c in given if c not in table]
        if lacks:
            raise DataError(
                f"{what}: no column {', '.join(lacks)}; found {', '.join(map(str, table.columns))[:200]}"
            )
        free = {str(c).strip().lower(): str(c) for c in table.columns if c not in given}
        code = next((free[w] for w in CODES if w in free), None)
        words = {w: c for w, c in free.items() if table[c].dtype.kind not in "biuf"}
        name = next((words[w] for w in NAMES if w in words), None)
        parent = next((words[w] for w in PARENTS if w in words and words[w] != name), None)
        if code is None and name is None:
            raise DataError(
                f"{what}: no column of codes or names; found {', '.join(map(str, table.columns))[:200]}; expected code or name"
            )
        year = next((str(c) for c in table.columns if str(c).strip().lower() in YEARS), None)
        places = {code, name, parent}
        rest = [str(c) for c in table.columns if str(c) not in {*places, *means, *(keys or ())}]
        if amounts is None:
            amounts = [c for c in rest if table[c].dtype.kind in "iuf" and c != year]
        if keys is None:
            keys = [c for c in rest if c not in amounts]
        if by is None:
            by = [year] if year is not None and year in keys else []
        return cls(code, name, parent, year, *map(tuple, (amounts, means, keys, by)))
