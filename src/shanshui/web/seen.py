"""What is seen of a study: tiles of its grids, and the value under a point."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from shanshui.core.errors import PlanError
from shanshui.queries.why import cell_at
from shanshui.web.mercator import DEEPEST, Tile
from shanshui.web.studies import Opened, Studies
from shanshui.web.words import (
    DEFAULT_LANGUAGE,
    Lang,
    Lat,
    Lon,
    ProductName,
    ScenarioName,
    StudyName,
)

HELD_S = 86_400
"""How long a browser may keep a tile whose address tells its content [s]."""
Zoom = Annotated[int, Path(ge=0, le=DEEPEST)]
Place = Annotated[int, Path(ge=0, lt=2**DEEPEST)]


def seen(studies: Studies) -> APIRouter:
    """Doors to tiles and values of studies."""
    router = APIRouter(tags=["map"])

    @router.get(
        "/tiles/{study}/{scenario}/{product}/{z}/{x}/{y}.png",
        summary="One square of a grid, WebMercatorQuad",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, 304: {"description": "as before"}},
    )
    def tile(
        request: Request,
        study: StudyName,
        scenario: ScenarioName,
        product: ProductName,
        z: Zoom,
        x: Place,
        y: Place,
        style: Annotated[str, Query(pattern="^(colours|heights)$")] = "colours",
        v: Annotated[str, Query(max_length=64, description="Content, for caches.")] = "",
    ) -> Response:
        opened, square = studies.study(study, scenario), Tile(z, x, y)
        record = opened.record(product)
        mark = f'"{record.digest[:20]}-{style}-{z}-{x}-{y}"'
        held = f"max-age={HELD_S}" if v else "no-cache"
        told = {"ETag": mark, "Cache-Control": held}
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=told)
        return Response(
            _picture(opened, product, square, style), media_type="image/png", headers=told
        )

    @router.get("/value/{study}/{scenario}/{product}", summary="Value of a grid at a point")
    def value(
        study: StudyName,
        scenario: ScenarioName,
        product: ProductName,
        lon: Lon,
        lat: Lat,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        return _value(opened, product, lon, lat, lang)

    return router


def _picture(opened: Opened, product: str, square: Tile, style: str) -> bytes:
    variant = opened.record(product).variant
    if style == "heights":
        if opened.unit(product) != "m":
            raise PlanError(f"{product}: heights are in m; ask for elevation")
        return opened.tiles.heights(product, variant, square)
    colouring = opened.colouring(product)
    return opened.tiles.picture(product, variant, square, colouring)


def _value(opened: Opened, product: str, lon: float, lat: float, language: str) -> dict[str, Any]:
    voice, study = opened.voice(language), opened.study
    row, column = cell_at(study, lon, lat)
    record = opened.record(product)
    part = opened.reading.window(
        product, slice(row, row + 1), slice(column, column + 1), record.variant
    )
    number, nodata = float(part.values[0, 0]), part.attrs.get("nodata")
    known = number == number and number != nodata
    words = opened.class_words(product, language)
    unit = opened.unit(product)
    said = words.get(int(number), voice.figure(number)) if known else voice("mark_unknown")
    return {
        "product": product,
        "lon": lon,
        "lat": lat,
        "value": number if known else None,
        "said": said,
        "unit": unit if not words else "",
        "unit_said": voice.unit(unit) if not words else "",
        "known": known,
    }
