"""The plan as a Mermaid graph."""

from collections.abc import Iterable

from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source


def mermaid(plan: Plan, targets: Iterable[str] | None = None) -> str:
    """Draw a plan.

    Parameters
    ----------
    plan : Plan
        What can be made.
    targets : iterable of str, optional
        Only what these need.

    Returns
    -------
    str
        Mermaid text, inputs as cylinders.
    """
    names = list(plan.steps) if targets is None else plan.reach(targets)
    lines = ["flowchart LR"]
    for name in names:
        shape = f"{name}[({name})]" if isinstance(plan.steps[name], Source) else f"{name}[{name}]"
        lines.append(f"  {shape}")
    lines += [f"  {product} --> {name}" for name in names for product in plan.inputs(name).values()]
    return "\n".join(lines) + "\n"
