"""What of a study other programs can take: its features and grids, by an address of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from shanshui.core.errors import PlanError, nearest
from shanshui.core.quantity import Features, Grid, Table
from shanshui.core.voice import Voice
from shanshui.queries.places import PlacedRows
from shanshui.queries.spoken import spoken
from shanshui.study.sections import BASE
from shanshui.web.studies import Opened, Studies

MARK = ":"
"""Between study, scenario and product."""


@dataclass(frozen=True)
class Collection:
    """One product as other programs see it.

    Attributes
    ----------
    opened : Opened
        Study or scenario that it is of.
    scenario, product : str
        Its name.
    kind : str
        ``features`` or ``grid``.
    """

    opened: Opened
    scenario: str
    product: str
    kind: str

    @property
    def id(self) -> str:
        """Address."""
        return MARK.join((self.opened.name, self.scenario, self.product))

    def title(self, voice: Voice) -> str:
        """In the words of a language."""
        return voice.word(self.product)

    def features(self, voice: Voice) -> gpd.GeoDataFrame:
        """Rows with the outlines of their places, in WGS 84.

        Raises
        ------
        PlanError
            Rows without a place.
        """
        frame = PlacedRows(self.opened.study, self.product).outlined
        if frame is None:
            raise PlanError(f"{self.id}: its rows have no place")
        placed = spoken(frame, voice)
        placed = placed[placed.geometry.notna() & ~placed.geometry.is_empty]
        return placed.to_crs(4326) if placed.crs is not None else placed


def collections(studies: Studies) -> Iterator[Collection]:
    """Everything that is made and has a place, of every study; scenarios by what they reach."""
    for name in studies:
        scenarios = [BASE, *studies.study(name).study.scenarios]
        for scenario in scenarios:
            opened = studies.study(name, scenario)
            for product in opened.study.plan.steps:
                kind = _kind(opened, product)
                if kind and _there(opened, product, own=scenario != BASE):
                    yield Collection(opened, scenario, product, kind)


def _there(opened: Opened, product: str, *, own: bool) -> bool:
    """Whether a product was made; of a scenario, by itself."""
    record = opened.study.entry(product)
    if record is None or (own and not record.variant):
        return False
    return opened.study.objects.present(record.digest)


def collection(studies: Studies, address: str) -> Collection:
    """One of them.

    Raises
    ------
    PlanError
        There is none of that address.
    """
    study, _, rest = address.partition(MARK)
    scenario, _, product = rest.partition(MARK)
    if not product:
        raise PlanError(
            f"collection '{address}': expected STUDY:SCENARIO:PRODUCT, as /collections lists them"
        )
    opened = studies.study(study, scenario)
    kind = _kind(opened, product) if product in opened.study.plan.steps else ""
    if not kind or not opened.study.has(product):
        known = [n for n in opened.study.plan.steps if opened.study.has(n) and _kind(opened, n)]
        raise PlanError(f"collection '{address}'; {nearest(product, known)}")
    return Collection(opened, scenario, product, kind)


def _kind(opened: Opened, product: str) -> str:
    """How other programs take a product; blank where they cannot."""
    plan = opened.study.plan
    quantity = plan.kind(product)
    if isinstance(quantity, Grid):
        return "grid"
    if isinstance(quantity, Features):
        return "features"
    if isinstance(quantity, Table) and plan.keys(product):
        return "features"
    return ""


def plain_properties(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Columns of each row without its outline, with plain values."""
    from shanshui.queries.plain import records

    return records(frame.drop(columns=frame.geometry.name))
