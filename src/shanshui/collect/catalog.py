"""How a file that holds an input is declared."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shanshui.core.errors import DataError


class InputSpec(BaseModel):
    """How the file of one input is declared in the study file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(
        default="",
        description="Path below the data folder, below the study folder, or absolute; of a raster also a list, a folder or a "
        "pattern (dem/*.tif) of tiles.",
        json_schema_extra={"type": ["string", "array"], "items": {"type": "string"}},
    )
    value: float | None = Field(
        default=None,
        description="One number for the whole grid instead of a file, in the study's unit: an assumption; say whose in origin.",
    )
    layer: str | list[str] | None = Field(
        default=None,
        description="Layer of a GeoPackage, sheet or sheets of a workbook, variable of a NetCDF or Zarr.",
    )
    band: int | Literal["mean", "sum"] = Field(
        default=1, description="Band number from 1; or the mean or sum of all bands."
    )
    time: str | None = Field(
        default=None,
        description="Times of a NetCDF or Zarr that are read: 2015, 2015-07, 2015-07-01; several are bands.",
    )
    unit: str | None = Field(
        default=None,
        description="Unit in the file; that which a raster says of itself where absent, else the study's.",
    )
    scale: float | None = Field(default=None, description="Value = stored x scale + offset.")
    offset: float | None = Field(default=None, description="Value = stored x scale + offset.")
    nodata: float | list[float] | None = Field(
        default=None, description="Stored numbers that mean missing."
    )
    crs: str | None = Field(
        default=None, description="Coordinate system, where the file has none or a wrong one."
    )
    datum: Literal["gcj02", "bd09"] | None = Field(
        default=None,
        description="Shifted coordinates of a web map: gcj02 (AMap, Tencent) or bd09 (Baidu); they are brought back to WGS 84.",
    )
    year: int | None = Field(default=None, description="Year the data speak of.")
    columns: dict[str, str] = Field(
        default_factory=dict, description="Our column = the file's column."
    )
    class_columns: dict[str, str] = Field(
        default_factory=dict,
        description="Class code = the file's column of its areas (wide tables).",
    )
    class_total: str | None = Field(
        default=None,
        description="The file's column of the sum of class_columns: it tells blank cells, of which the others leave nothing, or one alone.",
    )
    only: dict[str, list[str | int]] = Field(
        default_factory=dict, description="Keep rows whose (our) column is one of these."
    )
    encoding: str | None = Field(
        default=None, description="Text encoding of a CSV; found out when absent."
    )
    header_rows: int = Field(
        default=1, ge=1, le=5, description="Header rows of a workbook; more than one are joined."
    )
    legend: str | None = Field(
        default=None,
        description="What the codes of a map of classes mean: igbp, worldcover, clcd, globeland30, glc-fcs30, cci, corine, nlcd, "
        "cnlucc, gbt21010, dlbm, or a table of your own with code, name, group (older word: classes).",
    )
    crosswalk: str | list[str] | None = Field(
        default=None,
        description="Tables of codes that changed: from, to[, weight][, year], or code_2010, code_2022.",
    )
    names: str | list[str] | None = Field(
        default=None, description="Table of other names of places: alias, code."
    )
    weight: str | None = Field(
        default=None,
        description="What places are split by where a crosswalk has no weights: area, or a column of the places.",
    )
    unmatched: float | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description="Largest share of the amounts that may be without a place; 0.3 when absent.",
    )
    resampling: Literal["nearest", "bilinear", "spline", "average", "mode", "greatest"] | None = (
        Field(
            default=None,
            description="How a raster is laid on other cells: of the file's cells the nearest, read between by lines or by a cubic spline, "
            "average, most frequent or greatest; by what the input means when absent: classes nearest or mode, presence "
            "nearest or greatest, amounts bilinear or average.",
        )
    )
    plausible: tuple[float, float] | None = Field(
        default=None, description="Widened range of plausible values."
    )
    checked: bool = Field(
        default=False, description="True when you looked and the suspicious values are right."
    )
    repair: bool = Field(default=False, description="True to mend invalid polygons.")
    overlaps: Literal["refuse", "keep"] = Field(
        default="refuse", description="Polygons that overlap."
    )
    needed: bool = Field(default=True, description="False when the study may run without it.")
    edition: str | None = Field(default=None, description="Version or date of the dataset.")
    licence: str | None = Field(default=None, description="Terms of use.")
    origin: str | None = Field(default=None, description="Who made it.")
    sha256: str | None = Field(default=None, description="Digest the file must have.")

    @model_validator(mode="before")
    @classmethod
    def _older_word(cls, value: Any) -> Any:
        """Studies of before 2026 say ``classes``."""
        if not isinstance(value, dict) or "classes" not in value:
            return value
        if value.get("legend") is not None:
            raise ValueError("legend and classes are one word; keep legend")
        rest = {k: v for k, v in value.items() if k != "classes"}
        return rest | {"legend": value["classes"]}

    @property
    def one_layer(self) -> str | None:
        """Layer of what has no sheets.

        Raises
        ------
        DataError
            Several are named.
        """
        if isinstance(self.layer, list):
            if len(self.layer) != 1:
                raise DataError(
                    f"layer: {', '.join(self.layer)}: only sheets of a workbook can be read together; name one layer"
                )
            return self.layer[0]
        return self.layer

    @model_validator(mode="after")
    def _file_or_value(self) -> "InputSpec":
        if bool(self.file) == (self.value is not None):
            raise ValueError("give either file or value")
        return self

    @field_validator("scale")
    @classmethod
    def _not_zero(cls, value: float | None) -> float | None:
        if value == 0:
            raise ValueError("a scale of 0 makes every value the same")
        return value


Specs = dict[str, list[InputSpec]]


def located(spec: InputSpec, folders: list[Path]) -> Path:
    """Find the file of a declaration; the first place it could be when it is nowhere."""
    path = Path(spec.file).expanduser()
    if path.is_absolute():
        return path
    places = [(folder / path).resolve() for folder in folders]
    return next((place for place in places if place.exists()), places[0])
