"""Tables and texts that ship with the package: the one place that reads them.

The digest of a function's code takes in every file that it names here, so a file that decides a number is never read
in another way.
"""

from importlib.resources import files

from shanshui.core.errors import PlanError


def shipped_text(name: str) -> str:
    """Text of a file of the package.

    Parameters
    ----------
    name : str
        Path below the package, such as ``accounts/prices.csv``; written out where it is read, or a constant of the
        module, so that it can be told from the code alone.

    Returns
    -------
    str
        Decoded from UTF-8.

    Raises
    ------
    PlanError
        No such file.
    """
    place = files("shanshui").joinpath(name)
    if not place.is_file():
        raise PlanError(f"shipped file '{name}' is not part of the package; is it whole?")
    return place.read_text("utf-8")
