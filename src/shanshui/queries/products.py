"""List and show: which products does a study have, and what is known of one?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanshui.core.quantity import Features, Grid, Layers, Quantity, Scalar, Table
from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.flow.explain import source_words
from shanshui.queries.moments import moment
from shanshui.queries.places import PlacedRows
from shanshui.queries.plain import jsonable
from shanshui.queries.spoken import spoken
from shanshui.region.join_account import JoinAccount
from shanshui.study.study import Study

ROWS_GIVEN = 5000
"""Rows of a table that an answer holds; exports hold all [D]."""
_DIMS = {Grid: "y, x", Layers: "layer, y, x", Table: "row", Features: "feature", Scalar: ""}


@dataclass(frozen=True)
class Product:
    """One line of the list of products.

    Attributes
    ----------
    name : str
        Product.
    unit : str
        Of its values; empty where its columns have units of their own.
    dims : str
        What its values are by, such as ``y, x``.
    state : str
        ``made``, ``stale``, ``missing`` or ``cannot be made: …``.
    seconds : float or None [s]
        How long it took to make.
    variant : str
        Under which it stands; empty for the study's own.
    """

    name: str
    unit: str
    dims: str
    state: str
    seconds: float | None
    variant: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "product": self.name,
            "unit": self.unit,
            "dims": self.dims,
            "state": self.state,
            "seconds": self.seconds,
            "variant": self.variant,
        }


@dataclass(frozen=True)
class Products:
    """All products of a study.

    Attributes
    ----------
    products : tuple of Product
        In the order in which they are made; those that cannot be made last.
    """

    products: tuple[Product, ...]

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    def __len__(self) -> int:
        return len(self.products)

    def __getitem__(self, place: int) -> Product:
        return self.products[place]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, for JSON."""
        return [p.to_dict() for p in self.products]


def products(study: Study) -> Products:
    """Products with unit, dims, state and how long they took.

    Parameters
    ----------
    study : Study
        Or a variant of it.
    """
    found = []
    for name, state in study.states().items():
        kind = study.plan.kind(name) if name in study.plan.steps else None
        record = study.entry(name)
        found.append(
            Product(
                name,
                _unit(name, kind),
                "" if kind is None else _DIMS[type(kind)],
                state,
                round(record.seconds, 2) if record else None,
                record.variant if record else "",
            )
        )
    return Products(tuple(found))


def _unit(name: str, kind: Quantity | None) -> str:
    own = kind.unit if isinstance(kind, Grid | Scalar) else ""
    return own or (terms()[name].unit if name in terms() else "")


@dataclass(frozen=True)
class ProductFacts:
    """What is known of a product as it stands.

    Attributes
    ----------
    name, kind : str
        Product; grid, layers, table, features or scalar.
    facts : dict
        Of its content: shape, units, least, greatest and mean value, share of nodata; of each column where it has some.
    source : str
        Citation of the method; the file of an input.
    joins : dict of str to JoinAccount
        Of each table of places that it was made from, by input.
    made : float [s]
        When, since 1970.
    reason : str
        Why it was made then.
    seconds : float [s]
        How long that took.
    bytes : int
        Of the kept result.
    file : Path
        That shows it.
    state : str
        ``made`` or ``stale``.
    stale_because : str
        Why it is not what a run would make now; empty where it is.
    file_fault : str
        What is wrong with the file, and the cure; empty where nothing is.
    variant : str
        Under which it stands; empty for the study's own.
    rows : tuple of dict
        Of a table, from the first on, at most ``ROWS_GIVEN``, with code and name of the places that they name.
    """

    name: str
    kind: str
    facts: dict[str, Any]
    source: str
    joins: Mapping[str, JoinAccount]
    made: float
    reason: str
    seconds: float
    bytes: int
    file: Path
    state: str
    stale_because: str
    file_fault: str
    variant: str
    rows: tuple[dict[str, Any], ...]

    @property
    def unit(self) -> str:
        """Of its values; empty where its columns have units of their own."""
        return str(self.facts.get("units", ""))

    @property
    def range(self) -> tuple[float, float] | None:
        """Least and greatest value; None where it has none, or columns."""
        if self.facts.get("min") is None:
            return None
        return self.facts["min"], self.facts["max"]

    @property
    def joined(self) -> tuple[str, ...]:
        """What became of the rows of those tables, in words."""
        return tuple(s for a in self.joins.values() for s in a.sentences(Voice(), all_rows=False))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        out: dict[str, Any] = {"product": self.name, "kind": self.kind, **self.facts}
        if "units" in self.facts:
            out["unit"] = self.unit
        if self.range is not None:
            out["range"] = self.range
        out["source"] = self.source
        if self.joins:
            out["joins"] = {name: account.as_dict() for name, account in self.joins.items()}
            out["joined"] = self.joined
        out |= {
            "made": moment(self.made),
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "bytes": self.bytes,
            "file": str(self.file),
            "state": self.state,
        }
        if self.state != "made":
            out["stale_because"] = self.stale_because
        for word in ("file_fault", "variant", "rows"):
            if value := getattr(self, word):
                out[word] = value
        plain: dict[str, Any] = jsonable(out)
        return plain


def product_facts(study: Study, product: str) -> ProductFacts:
    """What is known of a product: shape, unit, range, mean, share of nodata, source, made when and why.

    Parameters
    ----------
    study : Study
        Or a variant of it, with the product made.
    product : str
        Its name.

    Raises
    ------
    PlanError
        Unknown, or not made yet.
    StoreError
        Its kept result is damaged or gone.
    """
    record = study.record(product)
    study.objects.verified(record.digest)
    state = study.state(product)
    fault = study.objects.products.fault(product, record.digest, record.variant)
    return ProductFacts(
        product,
        record.kind,
        {k: v for k, v in record.facts.items() if k != "join"},
        source_words(study.plan, product),
        study.joins(product),
        record.made,
        record.reason,
        record.seconds,
        record.bytes,
        study.file_of(product),
        state,
        "" if state == "made" else study.stale_reason(product),
        f"{fault}; shanshui run {study.layout.folder} writes it anew" if fault else "",
        record.variant,
        _rows(study, product) if record.kind == "table" else (),
    )


def _rows(study: Study, product: str) -> tuple[dict[str, Any], ...]:
    """Rows of a table from the first on."""
    table = spoken(PlacedRows(study, product).named, Voice())
    frame = table if table.index.name is None else table.reset_index()
    text = frame.head(ROWS_GIVEN).to_json(orient="records", force_ascii=False)
    return tuple(
        {k: None if v != v else v for k, v in row.items()} for row in json.loads(text or "[]")
    )
