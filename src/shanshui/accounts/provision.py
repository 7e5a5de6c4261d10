"""Products that people take from ecosystems: gross value, or what is left after costs."""

import pandas as pd

from shanshui.core.errors import QuantityError


def product_value(products: pd.DataFrame, *, basis: str = "gross") -> pd.DataFrame:
    """Value of products.

    Parameters
    ----------
    products : table
        ``product, amount, price``, and ``cost`` (yuan in all) for the rent.
    basis : str
        ``gross``: amount x price; ``rent``: less the cost.

    Returns
    -------
    table
        The rows with ``value`` [yuan] and ``basis``.

    Raises
    ------
    QuantityError
        Another basis, or a rent without costs.
    """
    if basis not in ("gross", "rent"):
        raise QuantityError(f"basis '{basis}': expected gross or rent")
    value = products["amount"] * products["price"]
    if basis == "rent":
        if "cost" not in products:
            raise QuantityError("products: no column cost; the rent is value less cost")
        value = value - products["cost"]
    return products.assign(value=value, basis=basis)
