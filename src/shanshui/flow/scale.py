"""Scale is part of a factor: the window and the cells that its limits were published for."""

from collections.abc import Mapping
from typing import Any

from shanshui.core.assessment import Card
from shanshui.core.errors import PlanError


def check_scale(
    where: str,
    taker: Card,
    parameter: str,
    product: str,
    giver: Card,
    settings: Mapping[str, Any],
) -> None:
    """Refuse a product that is measured over another window, or at coarser cells, than the limits of a factor were published for.

    Parameters
    ----------
    where : str
        ``step.parameter``, for messages.
    taker : Card
        Of the step that takes the product.
    parameter : str
        As which it takes it.
    product : str
        Its name.
    giver : Card
        Of the step that gives it.
    settings : mapping
        Changed settings of that step.

    Raises
    ------
    PlanError
        A window outside the range, one that the data decide, cells that are coarser or those of the study.
    """
    laid = giver.checked(settings)
    wanted = taker.read_over.get(parameter)
    if wanted is not None and giver.window is not None:
        area = giver.window(laid)
        if area is None or not wanted[0] <= area <= wanted[1]:
            found = "a window that the data decide" if area is None else f"{area:g} km2"
            raise PlanError(
                f"{where}: is read over {wanted[0]:g} to {wanted[1]:g} km2, but '{product}' is measured over {found}; bind one of that "
                "window, or set window_m of the step that gives it"
            )
    most = taker.read_at.get(parameter)
    if most is None:
        return
    cell = None if giver.resolution is None else giver.resolution(laid)
    if cell is None or cell > most:
        found = "at the cells of the study" if cell is None else f"as cells of {cell:g} m"
        raise PlanError(
            f"{where}: its limits were published for cells of up to {most:g} m, but '{product}' is measured {found}; bind one that tells "
            "the ground as finer cells do, such as scaled_slope"
        )


def scale_words(card: Card, settings: Mapping[str, Any]) -> str:
    """Window and cells that a step reads its data over and gives its result as, in words; empty where it minds neither."""
    words = [f"{p} over {low:g} to {high:g} km2" for p, (low, high) in card.read_over.items()]
    words += [f"{p} as cells of up to {most:g} m" for p, most in card.read_at.items()]
    if card.window is not None and (area := card.window(settings)) is not None:
        words.append(f"result over {area:g} km2")
    if card.resolution is not None:
        words.append(f"result as cells of {card.resolution(settings):g} m")
    return "; ".join(words)
