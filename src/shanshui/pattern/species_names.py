"""Which species a word means: a Latin, English or Chinese name, or a group of species."""

from collections.abc import Iterable, Sequence

import pandas as pd

from shanshui.core.errors import QuantityError, nearest
from shanshui.pattern.species import THREATENED, latin

FOCAL = {
    "takin": "Budorcas taxicolor",
    "golden_monkey": "Rhinopithecus roxellana",
    "musk_deer": "Moschus berezovskii",
    "giant_panda": "Ailuropoda melanoleuca",
    "crested_ibis": "Nipponia nippon",
}
"""Species whose environment the corridors of the region rest on, by the name of their layer (paper 002, 4.2 [S])."""
GROUPS = {
    "focal": ("focal", "focal species", "焦点物种", "旗舰物种"),
    "threatened": ("threatened", "threatened species", "受威胁", "受威胁物种"),
    "endemic": ("endemic", "endemic species", "特有", "特有种", "特有物种"),
}
"""Words that mean several species."""


def group_called(text: str) -> str | None:
    """Group that a word means; None for a word that means none."""
    plain = _plain(text)
    return next((group for group, words in GROUPS.items() if plain in words), None)


def members(group: str, rows: pd.DataFrame) -> tuple[str, ...]:
    """Latin names of the species of a group, in the order of the table.

    Parameters
    ----------
    group : str
        ``focal``: rows with 1 in a column ``focal``; without that column the five of the region; all rows where none of them has one.
        ``threatened``: vulnerable or worse. ``endemic``: 1 in the column ``endemic``.
    rows : table
        As :func:`shanshui.pattern.species.habitats_of` gives it.

    Returns
    -------
    tuple of str
        Empty where no row belongs to the group.
    """
    if group == "threatened":
        chosen = rows["threat"].isin(THREATENED)
    elif group == "endemic":
        chosen = _ones(rows, "endemic")
    elif "focal" in rows.columns:
        chosen = _ones(rows, "focal")
    else:
        chosen = pd.Series(rows.index.isin(list(FOCAL.values())), rows.index)
        if not chosen.any():
            chosen[:] = True
    return tuple(rows.index[chosen.to_numpy()])


def _ones(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows.columns:
        return pd.Series(False, rows.index)
    return pd.to_numeric(rows[column], errors="coerce").fillna(0) > 0


def species_called(text: str, rows: pd.DataFrame, others: Iterable[str] = ()) -> str:
    """Latin name of the species that a word means.

    Parameters
    ----------
    text : str
        Latin, English or Chinese name, in any case; or a part of one that no other species has, or no other focal species.
    rows : table
        As :func:`shanshui.pattern.species.habitats_of` gives it.
    others : iterable of str
        Latin names of species without a row.

    Raises
    ------
    QuantityError
        No species, or several; the nearest names.
    """
    names = {**_names(rows), **{name: (_plain(name),) for name in others if name not in rows.index}}
    plain = _plain(text)
    exact = [name for name, words in names.items() if plain in words or latin(text) == name]
    if exact:
        return exact[0]
    found = [name for name, words in names.items() if plain and _holds(plain, words)]
    if len(found) > 1:
        found = [n for n in found if n in members("focal", rows)] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise QuantityError(
            f"species: '{text}' may be {' or '.join(_title(n, rows) for n in found[:4])}; give one name"
        )
    known = [*GROUPS, *FOCAL, *(w for words in names.values() for w in words)]
    raise QuantityError(
        f"species: no species '{text}'; {nearest(plain, known)}; give a Latin, English or Chinese name of species_habitats, or "
        f"{', '.join(GROUPS)}"
    )


def called(text: str, rows: pd.DataFrame, others: Sequence[str] = ()) -> tuple[str, ...]:
    """Latin names of all species that a word means.

    Raises
    ------
    QuantityError
        A word that means none, a group without a species.
    """
    group = group_called(text)
    if group is None:
        return (species_called(text, rows, others),)
    found = members(group, rows)
    if not found:
        raise QuantityError(
            f"species: species_habitats has no species of the group '{group}'; name a species, or mark rows of the group"
        )
    return found


def _names(rows: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    layers = {name: layer for layer, name in FOCAL.items()}
    out = {}
    for name, row in rows.iterrows():
        words = [name, layers.get(str(name), ""), row.get("en", ""), row.get("zh", "")]
        out[str(name)] = tuple(dict.fromkeys(_plain(str(w)) for w in words if w and w == w))
    return out


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").casefold().split())


def _holds(plain: str, words: Iterable[str]) -> bool:
    """Is every word of a text a word of one of the names, or, in Chinese, a part of one?"""
    parts = set(plain.split())
    return any(parts <= set(w.split()) or (not plain.isascii() and plain in w) for w in words)


def _title(name: str, rows: pd.DataFrame) -> str:
    english = str(rows.loc[name].get("en", "")) if name in rows.index else ""
    return f"{english} ({name})" if english else name
