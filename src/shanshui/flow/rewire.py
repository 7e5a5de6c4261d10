"""A plan with one product put in the place of another, which stays below it as what it was before."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from shanshui.flow.plan import Plan
from shanshui.flow.steps import Item, Layer, Step, needed
from shanshui.store.layout import BEFORE


def plain(name: str) -> str:
    """Name of a product, whichever change it stands before."""
    return name.partition(BEFORE)[0]


def is_before(name: str) -> bool:
    """Does a product stand before a change only?"""
    return BEFORE in name


def with_change(
    plan: Plan,
    product: str,
    number: int,
    asked: Collection[str],
    changed: Callable[[Callable[[str], str]], Sequence[Item]],
) -> Plan:
    """Put steps into a plan that make a product anew from what it was.

    Parameters
    ----------
    plan : Plan
        As it is.
    product : str
        What is changed.
    number : int
        Of the change, unlike that of any before.
    asked : collection of str
        Other products that the new steps take, as they were before the change.
    changed : callable
        Gets a function from product to the name under which the product stands before the change; gives the new steps, the
        last of them under the name of the product.

    Returns
    -------
    Plan
        All that takes the product takes what it becomes; ``product@number``, and what is asked and depends on it, stay as they were.
    """
    reached = below(plan, product)
    # what earlier changes asked stays as it was then: it is bound to what was before this one
    frozen = [n for n in plan.steps if is_before(n) and reached & set(plan.inputs(n).values())]
    kept = {product} | {name for name in asked if name in reached}
    stack = [*kept, *frozen]
    while stack:
        for above in plan.inputs(stack.pop()).values():
            if above in reached and above not in kept:
                kept.add(above)
                stack.append(above)

    def before(name: str) -> str:
        return f"{name}{BEFORE}{number}" if name in kept else name

    steps: dict[str, Item] = {n: item for n, item in plan.steps.items() if n != product}
    for name in [*kept, *frozen]:
        steps[before(name)] = _renamed(plan, name, before)
    for item in changed(before):
        steps[item.name] = item
    return Plan.ordered(steps, plan.absent, plan.left)


def below(plan: Plan, product: str) -> set[str]:
    """A product and all that depends on it, but for what stands before an earlier change."""
    found = {product}
    for name in plan.steps:  # in an order in which each comes after what it takes
        if not is_before(name) and found & set(plan.inputs(name).values()):
            found.add(name)
    return found


def _renamed(plan: Plan, name: str, before: Callable[[str], str]) -> Item:
    item = plan.steps[name]
    if isinstance(item, Step):
        return replace(
            item, name=before(name), binds={k: before(p) for k, p in needed(item).items()}
        )
    if isinstance(item, Layer):
        return replace(item, name=before(name), of=before(item.of))
    return replace(item, name=before(name), takes=tuple(before(p) for p in item.takes))
