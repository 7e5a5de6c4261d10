"""Where a number came from: the chain back to the input files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shanshui.core.source import citation
from shanshui.flow.plan import Plan
from shanshui.flow.scale import scale_words
from shanshui.flow.steps import Layer, Source, Step
from shanshui.region.join_account import JoinAccount
from shanshui.store.ledger import Ledger, Record


@dataclass(frozen=True)
class Link:
    """One product in a chain.

    Attributes
    ----------
    name : str
        Product.
    depth : int
        Steps below the one asked for.
    summary : str
        What it is.
    source : str
        Citation, or the file.
    settings : mapping
        As used.
    record : Record or None
        How it stands in the ledger.
    seen : bool
        Shown further up already.
    scale : str
        Window and cells that it minds, in words.
    """

    name: str
    depth: int
    summary: str
    source: str
    settings: dict[str, Any]
    record: Record | None
    seen: bool
    scale: str = ""


def chain(
    plan: Plan, name: str, ledger: Ledger, where: Callable[[str], str] = lambda product: ""
) -> list[Link]:
    """Walk from a product back to its files.

    Parameters
    ----------
    plan : Plan
        Where the product stands.
    name : str
        Product.
    ledger : Ledger
        What was made when.
    where : callable
        Variant under which a product stands.

    Returns
    -------
    list of Link
        The product first, its inputs below it, files last.
    """
    plan.reach([name])
    links: list[Link] = []
    done: set[str] = set()

    def walk(product: str, depth: int) -> None:
        item = plan.steps[product]
        record = ledger.product(product, where(product))
        if isinstance(item, Step):
            settings = item.card.checked(item.settings)
            link = Link(
                product,
                depth,
                item.card.summary,
                citation(item.card.source),
                settings,
                record,
                product in done,
                scale_words(item.card, settings),
            )
        elif isinstance(item, Layer):
            link = Link(product, depth, f"layer of {item.of}", "", {}, record, product in done)
        else:
            settings = dict(item.parts)
            link = Link(
                product,
                depth,
                "input",
                item.file,
                settings,
                record,
                product in done,
            )
        links.append(link)
        if product in done:
            return
        done.add(product)
        for above in plan.inputs(product).values():
            walk(above, depth + 1)

    walk(name, 0)
    return links


def joins(
    plan: Plan, name: str, ledger: Ledger, where: Callable[[str], str] = lambda product: ""
) -> dict[str, JoinAccount]:
    """Account of each joined table that a product was made from.

    Parameters
    ----------
    plan, name, ledger, where
        As for :func:`chain`.

    Returns
    -------
    mapping of str to JoinAccount
        By input, in the order of the plan; of tables that were made.
    """
    found = {}
    for product in plan.reach([name]) if name in plan.steps else ():
        if not isinstance(plan.steps[product], Source):
            continue
        record = ledger.product(product, where(product))
        if record is not None and record.facts.get("join"):
            found[product] = JoinAccount.of(record.facts["join"])
    return found


def source_words(plan: Plan, name: str) -> str:
    """Citation of the method that gives a product; the file of an input; nothing for a stranger."""
    item = plan.steps.get(name)
    if isinstance(item, Layer):
        return source_words(plan, item.of)
    if isinstance(item, Step):
        return citation(item.card.source)
    return item.file if item else ""
