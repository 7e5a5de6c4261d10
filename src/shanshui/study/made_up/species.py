"""Species of a made-up region: where they truly live, what a range map shows of it, and reserves placed where they live."""

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import ndimage

from shanshui.kernels.noise import fractal
from shanshui.region.unitset import polygons
from shanshui.study.made_up.frame import Frame

REFUGES = 3
"""High places that threatened species share."""
RESERVED = 0.12
"""Share of the ground from which reserves are drawn."""
RESERVES = 6
SEEN = ("Capricolus fictus", "Simiolus fictus", "Gallinus fictus")
SIGHTINGS = 80
"""Points of each species that people have seen."""


@dataclass(frozen=True)
class Invented:
    """A species that does not exist.

    Attributes
    ----------
    latin, en, zh : str
        Its names.
    threat : str
        Class of the red list.
    endemic : int
        1 where it lives nowhere else.
    low, high : float [1]
        Heights that it keeps to, as parts of the greatest.
    covers : str
        Covers that it keeps to.
    homes : int
        Places around which it lives.
    reach : float [1]
        How far it lives around them, as part of the region's side.
    """

    latin: str
    en: str
    zh: str
    threat: str
    endemic: int
    low: float
    high: float
    covers: str
    homes: int
    reach: float


INVENTED = (
    Invented("Ailurinus fictus", "Made-up bamboo bear", "虚构竹熊", "EN", 1, 0.42, 0.85, "mixed_forest;conifer_forest", 1, 0.14),
    Invented("Capricolus fictus", "Made-up takin", "虚构羚牛", "VU", 1, 0.45, 0.95, "forest;alpine_grass;shrub", 2, 0.15),
    Invented("Simiolus fictus", "Made-up monkey", "虚构金猴", "EN", 1, 0.40, 0.80, "forest", 1, 0.12),
    Invented("Moschinus fictus", "Made-up musk deer", "虚构麝", "CR", 0, 0.40, 0.90, "forest", 2, 0.12),
    Invented("Salamandrus fictus", "Made-up salamander", "虚构鲵", "CR", 1, 0.30, 0.65, "water;forest", 1, 0.10),
    Invented("Ursinus fictus", "Made-up bear", "虚构熊", "VU", 0, 0.35, 0.90, "forest", 2, 0.20),
    Invented("Pardinus fictus", "Made-up leopard", "虚构豹", "VU", 0, 0.30, 0.95, "forest;shrub;grass", 3, 0.18),
    Invented("Nipponus fictus", "Made-up ibis", "虚构鹮", "EN", 1, 0.02, 0.30, "paddy;water;broadleaf_forest", 1, 0.10),
    Invented("Gallinus fictus", "Made-up pheasant", "虚构雉", "NT", 1, 0.25, 0.75, "forest", 2, 0.30),
    Invented("Rupinus fictus", "Made-up blue sheep", "虚构岩羊", "NT", 0, 0.65, 1.00, "grass;rock", 2, 0.30),
    Invented("Lutrinus fictus", "Made-up otter", "虚构水獭", "NT", 0, 0.00, 0.45, "water;wetland;broadleaf_forest", 3, 0.30),
    Invented("Cervulus fictus", "Made-up deer", "虚构鹿", "LC", 0, 0.15, 0.80, "forest;shrub", 3, 0.45),
    Invented("Vulpinus fictus", "Made-up fox", "虚构狐", "LC", 0, 0.05, 0.95, "forest;shrub;grass", 3, 0.60),
    Invented("Leporinus fictus", "Made-up hare", "虚构兔", "LC", 0, 0.03, 0.55, "grass;shrub;farmed", 3, 0.60),
)  # fmt: skip
_WEIGHT = {"LC": 1.0, "NT": 2.0, "VU": 3.0, "EN": 4.0, "CR": 5.0}
_THREATENED = ("VU", "EN", "CR")


@dataclass(frozen=True)
class Planted:
    """What is true of the species of one world.

    Attributes
    ----------
    near : (species, y, x) [1]
        How near each cell lies to the homes of a species, 1 at one of them.
    lives : (species, y, x) bool
        Where it truly lives.
    worth : (y, x) [1]
        Sum over the species that live there of threat over the size of their home ground; 1 for the best cell.
    """

    near: NDArray[np.float32]
    lives: NDArray[np.bool_]
    worth: NDArray[np.float32]


def planted(frame: Frame) -> Planted:
    """Where the species of a world live."""
    return _planted(_Key(frame))


@dataclass(frozen=True, eq=False)
class _Key:
    """A frame as key of what follows from it: arrays have no hash, the world of a seed and grid has."""

    frame: Frame

    def __hash__(self) -> int:
        return hash((self.frame.grid, self.frame.seed))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self.frame.grid, self.frame.seed) == (
            other.frame.grid,
            other.frame.seed,
        )


@cache
def _planted(key: _Key) -> Planted:
    frame = key.frame
    grid = frame.grid
    level = frame.height / frame.height.max()
    side = max(grid.shape)
    y, x = np.mgrid[: grid.ny, : grid.nx]
    rng = np.random.default_rng([frame.seed, 601])
    refuges = _apart(ndimage.uniform_filter(level, max(side // 24, 3)), REFUGES, side // 4)
    near = np.empty((len(INVENTED), *grid.shape), np.float32)
    for number, one in enumerate(INVENTED):
        if one.threat in _THREATENED and one.low > 0.25:
            order = rng.permutation(len(refuges))[: one.homes]
            homes = [refuges[k] for k in order]
        else:
            off = np.maximum(one.low - level, level - one.high)
            # where no ground has its heights it lives nowhere, near that which comes closest
            fits = np.flatnonzero(off <= max(float(off.min()), 0.0))
            homes = [np.unravel_index(int(k), grid.shape) for k in rng.choice(fits, one.homes)]
        jitter = rng.normal(0.0, 0.02 * side, (len(homes), 2))
        far = [np.hypot(y - i - a, x - j - b) for (i, j), (a, b) in zip(homes, jitter, strict=True)]
        bent = np.min(far, axis=0) * (1.0 + 0.25 * _noise(frame, 0.2, 610 + number))
        near[number] = np.exp(-((bent / (one.reach * side)) ** 2))
    # within its heights, where it is near enough to a home, and by chance
    band = np.array([(level >= one.low) & (level <= one.high) for one in INVENTED])
    chance = np.array([_noise(frame, 0.05, 640 + k) for k in range(len(INVENTED))])
    lives = band & (near * (1.0 + 0.4 * chance) > 0.4)
    # fields are no home of what does not live on them
    fields = (frame.slope < 6.0) & (level < 0.36)
    for number, one in enumerate(INVENTED):
        if "farmed" not in one.covers and "paddy" not in one.covers:
            lives[number] &= ~fields
    size = np.maximum(lives.sum(axis=(1, 2)), 1)
    weight = np.array([_WEIGHT[one.threat] for one in INVENTED]) / size
    worth = np.tensordot(weight, lives, 1)
    return Planted(near, lives, (worth / max(float(worth.max()), 1e-9)).astype(np.float32))


def _noise(frame: Frame, length: float, key: int) -> NDArray[np.float64]:
    ny, nx = frame.grid.shape
    return fractal(0, 0, ny, nx, 1.0, length * nx, 3, 0.5, frame.seed * 97 + key).astype(np.float64)


def _apart(field: NDArray[np.floating], count: int, cells: int) -> list[tuple[int, int]]:
    """Highest cells of a field that lie at least so many cells from each other."""
    left = field.astype(np.float64)
    y, x = np.mgrid[: left.shape[0], : left.shape[1]]
    out = []
    for _ in range(count):
        i, j = np.unravel_index(int(np.argmax(left)), left.shape)
        out.append((int(i), int(j)))
        left[np.hypot(y - i, x - j) < cells] = -np.inf
    return out


def species_ranges(frame: Frame) -> gpd.GeoDataFrame:
    """Outlines as a range map draws them: around the homes, wider than the truth, without regard to heights and covers."""
    parts = []
    for one, near in zip(INVENTED, planted(frame).near, strict=True):
        shapes = polygons(frame.grid.lay((near > 0.25).astype(np.int32), "1", nodata=0))
        shapes["species"] = one.latin
        parts.append(shapes[["species", "geometry"]])
    out = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(
        {"species": out["species"]},
        geometry=out.geometry.simplify(frame.grid.cell_m).buffer(0),
        crs=frame.grid.crs,
    )


def species_habitats(frame: Frame) -> pd.DataFrame:
    """Preferences as a handbook has them: heights to 10 m, covers by name."""
    top = float(frame.height.max())
    return pd.DataFrame(
        {
            "species": [s.latin for s in INVENTED],
            "en": [s.en for s in INVENTED],
            "zh": [s.zh for s in INVENTED],
            "threat": [s.threat for s in INVENTED],
            "endemic": [s.endemic for s in INVENTED],
            "low_m": [round(s.low * top, -1) - 10.0 for s in INVENTED],
            "high_m": [round(s.high * top, -1) + 10.0 for s in INVENTED],
            "covers": [s.covers for s in INVENTED],
            "source": "made up",
        }
    )


def species_presence(frame: Frame) -> pd.DataFrame:
    """Where people saw some of the species: points on ground where these truly live."""
    grid = frame.grid
    rng = np.random.default_rng([frame.seed, 670])
    way = Transformer.from_crs(grid.projection, "EPSG:4326", always_xy=True)
    parts = []
    for one, lives in zip(INVENTED, planted(frame).lives, strict=True):
        at = np.flatnonzero(lives)
        if one.latin not in SEEN or not at.size:
            continue
        rows, columns = np.divmod(rng.choice(at, min(SIGHTINGS, at.size), replace=False), grid.nx)
        shift = rng.uniform(-0.3, 0.3, (2, rows.size)) * grid.cell_m
        lon, lat = way.transform(grid.x()[columns] + shift[0], grid.y()[rows] + shift[1])
        parts.append(
            pd.DataFrame({"species": one.latin, "lon": np.round(lon, 5), "lat": np.round(lat, 5)})
        )
    return pd.concat(parts, ignore_index=True).assign(year=2020)


def reserve_labels(frame: Frame) -> NDArray[np.int32]:
    """Reserves where species truly live: the best ground by their worth, as far as those who drew it knew, in pieces that can be kept."""
    worth = ndimage.uniform_filter(planted(frame).worth.astype(np.float64), 5)
    # nobody knows all: people who draw reserves err by a tenth of the best
    seen = worth / worth.max() + 0.1 * _noise(frame, 0.1, 660)
    chosen = seen > np.quantile(seen, 1.0 - RESERVED)
    pieces, count = ndimage.label(ndimage.binary_opening(chosen, iterations=1))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    labels = np.zeros(frame.grid.shape, np.int32)
    for unit, piece in enumerate(np.argsort(-sizes, kind="stable")[:RESERVES] + 1, start=1):
        labels[pieces == piece] = unit
    return labels
