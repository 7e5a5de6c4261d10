"""Parameters that doors share."""

from typing import Annotated

from fastapi import Path, Query

from shanshui.core.voice import ENGLISH

Lang = Annotated[str, Query(description="Language of words.", max_length=20)]
Lon = Annotated[float, Query(ge=-180, le=180, description="Longitude [degree].")]
Lat = Annotated[float, Query(ge=-90, le=90, description="Latitude [degree].")]
StudyName = Annotated[str, Path(max_length=200, description="Study, as /api names it.")]
ScenarioName = Annotated[
    str, Path(max_length=200, description="Scenario; base is the study itself.")
]
ProductName = Annotated[str, Path(max_length=200, description="Product, as /products names it.")]
DEFAULT_LANGUAGE = ENGLISH
