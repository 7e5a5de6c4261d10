"""Accounting systems: which services count, how each may be valued, what must not be counted twice."""

from dataclasses import dataclass

from shanshui.core.errors import PlanError, nearest

CATEGORY = {
    "agr": "supply", "for": "supply", "hus": "supply", "fis": "supply", "bio": "supply", "wat": "supply", "hyd": "supply",
    "wr": "regulating", "sr": "regulating", "sf": "regulating", "cp": "regulating", "fm": "regulating", "air": "regulating",
    "wpu": "regulating", "co2": "regulating", "o2": "regulating", "clim": "regulating", "noise": "regulating",
    "pest": "regulating", "poll": "regulating", "hab": "regulating", "tour": "cultural", "leis": "cultural", "prem": "cultural",
}  # fmt: skip
"""Kind of each service."""
FLOWS = {
    "agr": ("primary_products",),
    "for": ("forest_products",),
    "hus": ("animal_products",),
    "fis": ("fishery_products",),
    "bio": ("biomass_energy",),
    "wat": ("water_supplied", "water_domestic", "water_industrial", "water_irrigation"),
    "hyd": ("hydropower",),
    "wr": ("water_retained",),
    "sr": ("sediment_kept", "nitrogen_kept", "phosphorus_kept"),
    "sf": ("sand_kept",),
    "fm": ("flood_kept", "flood_stored"),
    "air": ("sulphur_dioxide", "nitrogen_oxides", "dust"),
    "wpu": ("oxygen_demand", "ammonia_nitrogen", "total_nitrogen", "total_phosphorus"),
    "co2": ("co2",),
    "o2": ("o2",),
    "clim": ("cooling", "cooling_unused"),
    "noise": ("noise_walls",),
    "hab": ("species_ground",),
    "tour": ("tourism",),
    "leis": ("leisure",),
    "prem": ("landscape_premium",),
}
"""Physical flows of each service, by the names they have in tables of amounts."""
PER = {
    "forest_products": "yuan", "animal_products": "yuan", "fishery_products": "yuan", "primary_products": "yuan",
    "water_supplied": "yuan", "water_domestic": "m3", "water_industrial": "m3", "water_irrigation": "m3", "hydropower": "kWh",
    "water_retained": "m3", "sediment_kept": "m3", "nitrogen_kept": "t", "phosphorus_kept": "t", "sand_kept": "m2", "flood_kept": "m3",
    "sulphur_dioxide": "t", "nitrogen_oxides": "t", "dust": "t", "oxygen_demand": "t", "ammonia_nitrogen": "t", "total_nitrogen": "t",
    "total_phosphorus": "t", "co2": "t", "o2": "t", "cooling": "kWh", "cooling_unused": "kWh", "tourism": "yuan", "leisure": "yuan",
    "biomass_energy": "kWh",
    "flood_stored": "m3", "noise_walls": "km", "species_ground": "ha", "landscape_premium": "yuan",
}  # fmt: skip
"""Unit in which tables give the yearly amount of a flow."""
COST = ("avoided_cost", "replacement")


@dataclass(frozen=True)
class Entry:
    """One service of a frame.

    Attributes
    ----------
    service : str
        Its id.
    methods : tuple of str
        Allowed valuations, the preferred first.
    counts : bool
        In the total; False is shown beside it.
    why, why_zh : str
        Why it does not count.
    """

    service: str
    methods: tuple[str, ...]
    counts: bool = True
    why: str = ""
    why_zh: str = ""


@dataclass(frozen=True)
class Frame:
    """One accounting system.

    Attributes
    ----------
    id : str
        As settings name it.
    title, title_zh : str
        For readers.
    status : str
        How well its text is known here.
    entries : tuple of Entry
        Services in order; only these are summed.
    """

    id: str
    title: str
    title_zh: str
    status: str
    entries: tuple[Entry, ...]

    def entry(self, service: str) -> Entry | None:
        """A service of the frame, or None."""
        return next((e for e in self.entries if e.service == service), None)


def _entries(ids: str, methods: tuple[str, ...], **beside: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(s, methods, s not in beside, *beside.get(s, ("", ""))) for s in ids.split())


_SAME_FLOW = ("carbon and oxygen are one flow by stoichiometry", "按化学计量，固碳与释氧为同一流量")
_SAME_WATER = ("the same water is counted as retained", "同一水量已计入水源涵养")
_OPTIONAL = (
    "species conservation is optional and left out by default",
    "物种保育为可选项，默认不计入",
)
_REGULATING = (*COST, "market")
FRAMES = {
    "gep2020": Frame(
        "gep2020",
        "Gross ecosystem product, technical guideline of 2020",
        "生态系统生产总值核算技术指南（2020）",
        "list [M]",
        (
            *_entries("agr for hus fis", ("market",)),
            *_entries("wat hyd", ("market",), wat=_SAME_WATER, hyd=_SAME_WATER),
            *_entries("wr sr sf cp fm air wpu co2 o2 clim", _REGULATING),
            *_entries("hab", _REGULATING, hab=_OPTIONAL),
            *_entries("tour", ("market",)),
        ),
    ),
    "norm2022": Frame(
        "norm2022",
        "Gross ecosystem product, trial norm of 2022",
        "生态产品总值核算规范（试行，2022）",
        "number [S2], list [M]",
        (
            *_entries("agr for hus fis bio", ("market",)),
            *_entries("wat hyd", ("market",), wat=_SAME_WATER, hyd=_SAME_WATER),
            *_entries("wr sr sf cp fm air wpu", _REGULATING),
            *_entries("co2", ("market", *COST)),
            *_entries("o2", _REGULATING, o2=_SAME_FLOW),
            *_entries("clim noise", _REGULATING),
            *_entries("tour leis prem", ("market",)),
        ),
    ),
    "gbt46869": Frame(
        "gbt46869",
        "GB/T 46869-2025, gross ecosystem product of land areas",
        "GB/T 46869-2025 陆域生态系统生产总值核算技术指南",
        "only the title and annexes A.6, A.7, A.11 are known [S2]: get the text before you publish",
        (
            *_entries("agr for hus fis", ("market",)),
            *_entries("wat hyd", ("market",), wat=_SAME_WATER, hyd=_SAME_WATER),
            *_entries("wr sr sf cp fm air wpu", _REGULATING),
            *_entries("co2", ("market", *COST)),
            *_entries("o2", _REGULATING, o2=_SAME_FLOW),
            *_entries("clim", _REGULATING),
            *_entries("tour leis", ("market",)),
        ),
    ),
    "seea": Frame(
        "seea",
        "UN SEEA Ecosystem Accounting",
        "联合国环境经济核算体系—生态系统核算（SEEA EA）",
        "[M]; exchange values only: no consumer surplus, no cost of restoration",
        (
            *_entries("agr for hus fis bio", ("rent", "market")),
            *_entries("wat hyd", ("rent", "market"), wat=_SAME_WATER, hyd=_SAME_WATER),
            *_entries("wr sr sf fm air wpu", COST),
            *_entries("co2", ("market",)),
            *_entries("o2", COST, o2=_SAME_FLOW),
            *_entries("clim", COST),
            *_entries("tour leis", ("market",)),
        ),
    ),
    "xie2015": Frame(
        "xie2015",
        "Equivalent factors of Xie et al. 2015",
        "单位面积价值当量因子法（谢高地等，2015）",
        "[S], rows of conifer, mixed, steppe, meadow, glacier [M]; not to be compared with gross ecosystem product",
        (),
    ),
    "asset_transfer": Frame(
        "asset_transfer",
        "Ecological assets by transfer of global unit values, biome by biome",
        "生态资产价值转移法（按生物群区转移全球单价）",
        "form [D], unit values Costanza et al. 1997 [M]; not to be compared with gross ecosystem product",
        (),
    ),
}
"""Accounting systems by id."""
BY_AREA = ("xie2015", "asset_transfer")
"""Frames that price areas of ecosystems, not flows."""


def frame_of(name: str) -> Frame:
    """Return a frame by its id.

    Raises
    ------
    PlanError
        Unknown, with the nearest.
    """
    if name not in FRAMES:
        raise PlanError(f"frame '{name}'; {nearest(name, FRAMES)}")
    return FRAMES[name]
