"""What arguments of InVEST models are here: rows of the tables of models, arguments and products."""

import csv
from dataclasses import dataclass

from shanshui.core.shipped import shipped_text

MODELS_TABLE = "study/invest_models.csv"
ARGUMENTS_TABLE = "study/invest_arguments.csv"
PRODUCTS_TABLE = "study/invest_products.csv"
RENAMED = {
    "lulc_cur_path": "lulc_bas_path",
    "lulc_fut_path": "lulc_alt_path",
    "lulc_cur_year": "lulc_bas_year",
    "lulc_fut_year": "lulc_alt_year",
}
"""Arguments of older releases of the carbon model."""
QUIET = ("workspace_dir", "results_suffix", "suffix", "n_workers")
"""Arguments that say where and how InVEST writes."""


@dataclass(frozen=True)
class Argument:
    """An argument of a model.

    Attributes
    ----------
    name : str
        As InVEST has it.
    role : str
        ``input`` (a file), ``months`` (a folder of twelve maps), ``setting`` (a number), ``routing`` (a word), ``flag``, ``scenario``
        (a land cover of another state), or ``made`` (turned into something else by the model's own rules).
    ours : tuple of str
        Input, or ``step.setting``.
    resampling : str
        How the reference lays it on its grid; blank where that does not matter.
    unit : str
        Of its numbers, where that is not the study's.
    widest : float or None
        Greatest value that the reference takes though none is plausible; None where the plausible range holds.
    """

    name: str
    role: str
    ours: tuple[str, ...]
    resampling: str
    unit: str
    widest: float | None


@dataclass(frozen=True)
class Model:
    """A model of InVEST.

    Attributes
    ----------
    name : str
        As current argument files call it.
    grid : str
        Argument of the raster whose cells it works on.
    arguments : dict of str to Argument
        By name.
    products : tuple of (str, str, tuple of str)
        Scenario (blank: the study itself), product, and what must be given for it.
    """

    name: str
    grid: str
    arguments: dict[str, Argument]
    products: tuple[tuple[str, str, tuple[str, ...]], ...]


def _argument(row: dict[str, str]) -> Argument:
    widest = float(row["widest"]) if row["widest"] else None
    ours = tuple(row["ours"].split())
    return Argument(row["argument"], row["role"], ours, row["resampling"], row["unit"], widest)


def _models() -> tuple[dict[str, Model], dict[str, str]]:
    arguments = list(csv.DictReader(shipped_text(ARGUMENTS_TABLE).splitlines()))
    products = list(csv.DictReader(shipped_text(PRODUCTS_TABLE).splitlines()))
    models: dict[str, Model] = {}
    older: dict[str, str] = {}
    for row in csv.DictReader(shipped_text(MODELS_TABLE).splitlines()):
        name = row["model"]
        models[name] = Model(
            name,
            row["grid"],
            {a["argument"]: _argument(a) for a in arguments if a["model"] == name},
            tuple(
                (p["scenario"], p["product"], tuple(p["needs"].split()))
                for p in products
                if p["model"] == name
            ),
        )
        older |= dict.fromkeys(row["older"].split(), name)
    return models, older


MODELS, OLDER = _models()
"""Models by name, and names of older argument files."""


def model_named(text: str) -> str:
    """Name of the model that an argument file of any release means: ``natcap.invest.sdr.sdr`` is ``sdr``."""
    last = text.rpartition(".")[2]
    return OLDER.get(last, last)
