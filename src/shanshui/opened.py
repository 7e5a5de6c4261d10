"""A study opened in Python: a mapping of products, with the verbs of the command as methods."""

import html
import warnings
from collections.abc import Iterator
from pathlib import Path

from shanshui.core.errors import ShanshuiError, refuse_no_name
from shanshui.flow.rewire import is_before
from shanshui.queries.asked import AskedStudy


class Study(AskedStudy):
    """One study folder: ``study["slope"]`` is a product, ``"slope" in study`` whether it has been made, ``list(study)`` all that have.

    Its own floor above the report: what a study is stands below what is asked of it and written of it, and only here do they meet.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """

    # products that have been made, by name

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._products() if self.has(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._products() and self.has(name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """A study is a study also while nothing of it has been made."""
        return True

    def _products(self) -> list[str]:
        """Products of the plan; not those that a scenario sets aside as they were before."""
        return [name for name in self.plan.steps if not is_before(name)]

    # in words

    def __repr__(self) -> str:
        told = self._told()
        wide = max(map(len, told))
        lines = [f"  {word:{wide}}  {text}" for word, text in told.items()]
        return "\n".join([f"<shanshui.Study {self._title()}>", *lines])

    def _repr_html_(self) -> str:
        cell = '<tr><th style="text-align:left">{}</th><td style="text-align:left">{}</td></tr>'
        rows = (cell.format(word, html.escape(text)) for word, text in self._told().items())
        return f"<b>{html.escape(self._title())}</b><table>{''.join(rows)}</table>"

    def _title(self) -> str:
        return ", ".join(filter(None, (self.file.study.name, self.told)))

    def _told(self) -> dict[str, str]:
        """What a person wants to know first; no fault of the study keeps it from being shown."""
        grid = self.grid
        out = {
            "folder": str(self.layout.folder),
            "grid": f"{grid.ny} x {grid.nx} cells of {grid.cell_m:g} m, {grid.crs}",
            "inputs": ", ".join(self.specs) or "none",
        }
        try:
            out["products"] = f"{len(self)} of {len(self._products())} made"
            others = [*self.scenarios, *(v for v in self.variants() if v not in self.scenarios)]
        except ShanshuiError as error:
            return out | {"products": f"cannot be told: {error}"}
        return out | ({"beside it": ", ".join(others)} if others else {})

    # what is written of it

    def report(
        self, lang: str = "en", *, to: str | Path | None = None, overwrite: bool = False
    ) -> Path:
        """Write one self-contained page with maps, charts and tables: ``shanshui report``.

        Parameters
        ----------
        lang : str
            ``en`` or ``zh``.
        to : path, optional
            The page; by default in the study folder.
        overwrite : bool
            Replace files of these names that the study did not write.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        PlanError
            The survey has not been run, or an unknown language.
        DataError
            A name that is not a page's, or a place where something of others stands.
        """
        from shanshui.report.document import write_report  # with all that draws, when it is drawn

        return write_report(self, lang, None if to is None else Path(to), overwrite=overwrite)

    def export(
        self,
        *product: str,
        to: str | Path,
        lang: str = "en",
        stale: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write products for other programs: ``shanshui export``.

        Parameters
        ----------
        *product : str
            One or, where the format holds several, more.
        to : path
            By ending: .tif (COG), .nc, .zarr, .gpkg, .gdb, .shp, .parquet, .geojson, .csv, .xlsx, .png.
        lang : str
            Of the words on a map and of texts in tables.
        stale : bool
            Also products that are not up to date, marked as such.
        overwrite : bool
            Replace a file that the study did not write.

        Returns
        -------
        Path
            What was written; a warning says what the format could not hold as it was.

        Raises
        ------
        PlanError
            A product that is not made, or not up to date, or that the format cannot hold.
        DataError
            An unknown ending, or a place where something of others stands.
        """
        from shanshui.report.export import export

        for name in product:
            refuse_no_name(name, "product")
        told: list[str] = []
        written = export(
            self, list(product), Path(to), lang, overwrite=overwrite, stale=stale, tell=told.append
        )
        for sentence in told:
            warnings.warn(sentence, stacklevel=2)
        return written


def open_study(folder: str | Path, *, read_only: bool = False) -> Study:
    """Open a study folder.

    Parameters
    ----------
    folder : path
        Holds ``study.toml``.
    read_only : bool
        Never write to it, not even a folder of the store: runs and sweeps are refused.

    Returns
    -------
    Study
        Ready to run.

    Raises
    ------
    StudyError
        No study there, or its file is not as it must be.
    """
    return Study(folder, read_only=read_only)
