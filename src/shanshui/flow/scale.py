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
