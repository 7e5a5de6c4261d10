"""The pattern as one: patches, corridors and nodes, how they hang together, what to restore first."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Index
from shanshui.pattern.linkage import BIOLOGICAL
from shanshui.pattern.tables import (
    Counts,
    Elements,
    Losses,
    MassifSources,
    NodeKinds,
    RankedCorridors,
    RankedNodes,
    RankedRivers,
    RankedSources,
    Restoration,
    SecurityPattern,
)
from shanshui.region.grid import grid_of


@assessment(source="mcrae2012")
def restoration_priorities(
    nodes: NodeKinds,
    barriers: Index,
    resistance: Index,
    *,
    radius_cells: Annotated[float, Between(1.0, 100.0)] = 2.0,
    cost_per_km2: Annotated[float, Between(0.0, 1e12)] = 1.0,
) -> Restoration:
    """Barrier and weak nodes by what restoring the ground around them gains for its cost.

    Parameters
    ----------
    nodes : points
        ``kind, score``.
    barriers : (y, x) [1]
        Improvement score.
    resistance : (y, x) [1]
        To movement: the harder the ground, the dearer to open.
    radius_cells : float [cell]
        Ground to restore around a node.
    cost_per_km2 : float [any/km2]
        Of opening ground ten times as hard as the best; scales with the logarithm of resistance [D].

    Returns
    -------
    table
        ``node, kind``, ``gain`` [m: cost of movement saved, resistance metres], ``cost`` [any: that of the setting], ``gain_per_cost`` [any],
        ``rank`` [1]; the best first, unknown ones last. Cells without a resistance cannot be opened and count in neither; NaN where none in reach
        is known.

    Notes
    -----
    gain = 2 r I, with I the greatest improvement score in reach [1] and r the reach [m]; cost = c a sum log10 R over the cells in reach, with R
    the resistance [1], a the area of a cell [km2] and c the setting. What restoring gains: McRae et al. (2012) [S]; that opening costs with the
    logarithm of resistance is ours [D].
    """
    grid = grid_of(resistance)
    radius = int(radius_cells)
    rows = []
    for number, node in nodes[nodes["kind"].isin(["barrier", "weak"])].iterrows():
        i = int((grid.top - node.geometry.y) / grid.cell_m)
        j = int((node.geometry.x - grid.left) / grid.cell_m)
        box = np.s_[max(i - radius, 0) : i + radius + 1, max(j - radius, 0) : j + radius + 1]
        score = barriers.values[box]
        gain = float(np.nanmax(score)) if np.isfinite(score).any() else np.nan
        hard = resistance.values[box]
        hard = hard[np.isfinite(hard)]
        effort = np.nan
        if hard.size:
            steps = np.log10(np.maximum(hard, 1.0)).sum()
            effort = float(steps) * grid.cell_km2 * cost_per_km2
        rows.append(
            {
                "node": number,
                "kind": node["kind"],
                "gain": gain * 2.0 * radius * grid.cell_m,
                "cost": effort,
            }
        )
    frame = pd.DataFrame(rows, columns=["node", "kind", "gain", "cost"])
    frame["gain_per_cost"] = frame["gain"] / frame["cost"].where(frame["cost"] > 0)
    frame = frame.sort_values(
        ["gain_per_cost", "node"], ascending=[False, True], na_position="last"
    ).reset_index(drop=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    return frame


@assessment(source="yu1996")
def security_pattern(
    sources: RankedSources,
    source_network: Losses,
    corridors: RankedCorridors,
    nodes: RankedNodes,
    river_corridors: RankedRivers | None = None,
    *,
    biological: Annotated[int, Between(0, 10_000)] = 0,
) -> SecurityPattern:
    """Patches, corridors and nodes of the ecological security pattern, each with its rank and reason.

    Parameters
    ----------
    sources : polygons
        ``name, name_zh, area_km2, score, massif``.
    source_network : table
        ``source, d_pc``.
    corridors : lines
        ``name, name_zh, type, length_km, priority``.
    nodes : points
        ``name, name_zh, kind, rank, reason``.
    river_corridors : lines, optional
        ``name, name_zh, order, length_km, sources``. With them, corridors along rivers are part of these and left out of the list.
    biological : int
        Only so many biological corridors, by priority; 0 for all.

    Returns
    -------
    polygons, lines and points
        Index ``part``; ``element``: patch, corridor or node; ``type``: core patch, river, biological or the kind of node; ``name, name_zh``:
        massif, ends of a corridor, river, or county of a node; ``size`` [km2 of a patch, km of a corridor, NaN of a node], ``rank`` within
        element and type, ``reason``. Attributes ``free_nodes, free_rivers, free_biological``: how many there are before only
        so many are kept, each given what was kept of the parts before it.

    Raises
    ------
    QuantityError
        A source that the network does not know.

    Notes
    -----
    rank = 1 + |parts of the same element before it|: patches by d_pc, the loss of connectivity without them [%], biological corridors by their
    priority, rivers in their own order, nodes over all kinds. Sources, corridors and strategic points as the parts of a security pattern: Yu
    (1996) [M]; the ranks are ours [D].
    """
    gain = source_network.set_index("source")["d_pc"].reindex(sources.index)
    if gain.isna().any():
        raise QuantityError(
            f"source_network: found no d_pc of source {gain.index[gain.isna()][0]}; expected a row for each source"
        )
    rows: list[dict[str, Any]] = []
    ranks = gain.rank(ascending=False, method="first")
    for number, row in sources.iterrows():
        rows.append(
            {
                "element": "patch",
                "type": "core patch",
                **_called(row, str(number)),
                "size": row["area_km2"],
                "rank": int(ranks[number]),
                "reason": f"mean rank {row['score']:.2f}; connectivity falls by {gain[number]:.0f} % without it",
                "geometry": row.geometry,
            }
        )
    rows += _rivers(river_corridors)
    names = sources["name"]
    lines = corridors if river_corridors is None else corridors[corridors["type"] == BIOLOGICAL]
    lines = lines.sort_values("priority", ascending=False, kind="stable")
    free = len(lines)
    if biological:
        lines = lines.head(biological)
    for place, (_, row) in enumerate(lines.iterrows(), start=1):
        if row.geometry is None:
            continue
        rows.append(
            {
                "element": "corridor",
                "type": row["type"],
                **_called(row, f"{names[row['source']]} - {names[row['target']]}"),
                "size": row["length_km"],
                "rank": place,
                "reason": f"least cost of movement, {row['river_share']:.0%} along rivers; "
                f"crosses {row['roads']} roads, {row['railways']} railways",
                "geometry": row.geometry,
            }
        )
    for number, row in nodes.iterrows():
        rows.append(
            {
                "element": "node",
                "type": row["kind"],
                **_called(row, str(number)),
                "size": np.nan,
                "rank": int(row["rank"]),
                "reason": row["reason"],
                "geometry": row.geometry,
            }
        )
    columns = ["element", "type", "name", "name_zh", "size", "rank", "reason", "geometry"]
    frame = pd.DataFrame(rows, columns=columns)
    out = gpd.GeoDataFrame(frame, geometry="geometry", crs=sources.crs)
    out.index = pd.RangeIndex(1, len(out) + 1, name="part")
    rivers = 0 if river_corridors is None else len(river_corridors)
    out.attrs |= {
        "free_nodes": nodes.attrs.get("free", len(nodes)),
        "free_rivers": rivers
        if river_corridors is None
        else river_corridors.attrs.get("free", rivers),
        "free_biological": free,
    }
    return out


def _called(row: Any, plain: str, plain_zh: str = "") -> dict[str, str]:
    """Name of a part, in both languages; where it has none, what it is called without."""
    own = str(row.get("name", "") or "")
    zh = str(row.get("name_zh", "") or "")
    return {"name": own or plain, "name_zh": zh or own or plain_zh or plain}


def _rivers(stems: gpd.GeoDataFrame | None) -> list[dict[str, Any]]:
    if stems is None:
        return []
    return [
        {
            "element": "corridor",
            "type": "river",
            **_called(row, f"river {number}", f"河流 {number}"),
            "size": row["length_km"],
            "rank": int(number),
            "reason": f"stream of order {row['order']}, touches {row['sources']} sources",
            "geometry": row.geometry,
        }
        for number, row in stems.iterrows()
    ]


@assessment(source="own_pattern")
def pattern_summary(
    security_pattern: Elements,
    sources: MassifSources,
    *,
    expected_patches: Annotated[int, Between(0, 100_000)] = 0,
    expected_nodes: Annotated[int, Between(0, 100_000)] = 0,
    expected_rivers: Annotated[int, Between(0, 100_000)] = 0,
    expected_biological: Annotated[int, Between(0, 100_000)] = 0,
    expected_massifs: tuple[str, ...] = (),
) -> Counts:
    """How many patches, nodes and corridors were found, beside what a published pattern has.

    Parameters
    ----------
    security_pattern : polygons, lines and points
        ``element, type``.
    sources : polygons
        ``massif, area_km2``.
    expected_patches, expected_nodes, expected_rivers, expected_biological : int
        Of the published pattern; 0 where there is none.
    expected_massifs : tuple of str
        That should hold a patch.

    Returns
    -------
    table
        ``what, found, free, expected`` [1]: counts, the share of the reserves' ground captured, and each massif's patches. ``free`` is the count
        before settings keep only so many, given what was kept of the parts before it (of patches
        ``source_counts`` tells); ``expected`` is NaN where nothing was published.

    Notes
    -----
    found = |parts of that element and type|. Counts of our own [D], beside the published pattern that the settings tell: 6 patches, 42 nodes, 10
    river and 2 biological corridors in the study's papers [S].
    """
    element, kind = security_pattern["element"], security_pattern["type"]
    river = (element == "corridor") & (kind == "river")
    rows: list[tuple[str, float, float]] = [
        ("patches", (element == "patch").sum(), expected_patches),
        ("nodes", (element == "node").sum(), expected_nodes),
        ("river corridors", river.sum(), expected_rivers),
        (
            "biological corridors",
            ((element == "corridor") & ~river).sum(),
            expected_biological,
        ),
    ]
    rows += [
        (f"nodes, {name}", int(count), 0)
        for name, count in kind[element == "node"].value_counts().sort_index().items()
    ]
    counts = sources["massif"].value_counts()
    for name in sorted({*expected_massifs, *(n for n in counts.index if n)}):
        expected = 1 if name in expected_massifs else 0
        rows.append((f"patches in {name}", int(counts.get(name, 0)), expected))
    capture = float(sources.attrs.get("capture", np.nan))
    frame = pd.DataFrame(rows, columns=["what", "found", "expected"]).astype(
        {"found": float, "expected": float}
    )
    frame.loc[frame["expected"] == 0, "expected"] = np.nan
    if np.isfinite(capture):
        last = {
            "what": "share of protected ground in patches",
            "found": capture,
            "expected": sources.attrs.get("capture_target", np.nan),
        }
        frame = pd.concat([frame, pd.DataFrame([last])], ignore_index=True)
    free = {
        name: security_pattern.attrs.get(key)
        for name, key in (
            ("nodes", "free_nodes"), ("river corridors", "free_rivers"), ("biological corridors", "free_biological"),
        )
    }  # fmt: skip
    frame.insert(2, "free", frame["what"].map(free).astype(float))
    return frame
