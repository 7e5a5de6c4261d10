"""A STAC catalogue of the grids of studies: a collection for each scenario, an item for each grid with its file."""

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from shanshui.core.errors import PlanError
from shanshui.core.quantity import Grid
from shanshui.core.voice import Voice
from shanshui.study.sections import BASE
from shanshui.web.studies import Opened, Studies
from shanshui.web.words import DEFAULT_LANGUAGE, Lang, ProductName, ScenarioName, StudyName

EDITION = "1.0.0"
TIFF = "image/tiff; application=geotiff"


def stac(studies: Studies) -> APIRouter:
    """Doors of the catalogue, and to the files of grids."""
    router = APIRouter(tags=["STAC"])

    @router.get("/stac", summary="Catalogue")
    def catalogue(request: Request) -> dict[str, Any]:
        base = str(request.base_url).rstrip("/")
        return {
            "type": "Catalog",
            "id": "shanshui",
            "stac_version": EDITION,
            "description": "Studies of mountain regions",
            "links": [
                _link(f"{base}/stac", "self"),
                _link(f"{base}/stac", "root"),
                *(
                    _link(f"{base}/stac/{name}/{scenario}", "child")
                    for name in studies
                    for scenario in (BASE, *studies.study(name).study.scenarios)
                ),
            ],
        }

    @router.get("/stac/{study}/{scenario}", summary="One study or scenario")
    def one(
        request: Request, study: StudyName, scenario: ScenarioName, lang: Lang = DEFAULT_LANGUAGE
    ) -> dict[str, Any]:
        opened, base = studies.study(study, scenario), str(request.base_url).rstrip("/")
        own = f"{base}/stac/{study}/{scenario}"
        names = _grids(opened)
        return {
            "type": "Collection",
            "id": f"{study}:{scenario}",
            "stac_version": EDITION,
            "title": opened.study.file.study.name,
            "description": f"{opened.study.file.study.name}, {scenario}",
            "license": "other",
            "extent": {
                "spatial": {"bbox": [opened.bounds]},
                "temporal": {"interval": [_interval(opened, names)]},
            },
            "links": [
                _link(own, "self"),
                _link(f"{base}/stac", "root"),
                _link(f"{base}/stac", "parent"),
                *(_link(f"{own}/{name}", "item", "application/geo+json") for name in names),
            ],
        }

    @router.get("/stac/{study}/{scenario}/{product}", summary="One grid")
    def item(
        request: Request,
        study: StudyName,
        scenario: ScenarioName,
        product: ProductName,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> dict[str, Any]:
        opened, base = studies.study(study, scenario), str(request.base_url).rstrip("/")
        _refuse_no_grid(opened, product)
        return _item(opened, scenario, product, base, opened.voice(lang))

    @router.get(
        "/files/{study}/{scenario}/{name}",
        summary="File of a grid",
        response_class=FileResponse,
        responses={200: {"content": {TIFF: {}}}, 206: {"description": "a part"}},
    )
    def file(
        study: StudyName, scenario: ScenarioName, name: Annotated[str, Path(max_length=210)]
    ) -> FileResponse:
        opened, product = studies.study(study, scenario), name.removesuffix(".tif")
        _refuse_no_grid(opened, product)
        kept = opened.study.objects.kept(opened.record(product).digest)
        return FileResponse(kept.path, media_type=TIFF, filename=f"{product}.tif")

    return router


def _grids(opened: Opened) -> list[str]:
    plan = opened.study.plan
    return [n for n in plan.steps if isinstance(plan.kind(n), Grid) and opened.study.has(n)]


def _refuse_no_grid(opened: Opened, product: str) -> None:
    if not isinstance(opened.study.plan.kind(product), Grid):
        raise PlanError(f"{product}: is no grid, and has no file here; see /collections")


def _item(opened: Opened, scenario: str, product: str, base: str, voice: Voice) -> dict[str, Any]:
    study = opened.study
    record, box = opened.record(product), opened.bounds
    west, south, east, north = box
    own = f"{base}/stac/{opened.name}/{scenario}"
    unit = opened.unit(product)
    return {
        "type": "Feature",
        "stac_version": EDITION,
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
            "https://stac-extensions.github.io/file/v2.1.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
        ],
        "id": f"{opened.name}:{scenario}:{product}",
        "collection": f"{opened.name}:{scenario}",
        "bbox": box,
        "geometry": {
            "type": "Polygon",
            "coordinates": [
                [[west, south], [east, south], [east, north], [west, north], [west, south]]
            ],
        },
        "properties": {
            "title": voice.word(product),
            "datetime": _moment(record.made),
            "proj:epsg": study.grid.projection.to_epsg(),
            "proj:wkt2": study.grid.projection.to_wkt(),
            "proj:shape": list(study.grid.shape),
            "proj:transform": list(study.grid.transform)[:6],
        },
        "assets": {
            "data": {
                "href": f"{base}/files/{opened.name}/{scenario}/{product}.tif",
                "type": TIFF,
                "title": voice.word(product),
                "roles": ["data"],
                "file:size": record.bytes,
                "raster:bands": [
                    {
                        "unit": unit,
                        "nodata": "nan"
                        if record.facts.get("nodata") is None
                        else record.facts["nodata"],
                    }
                ],
            },
            "tiles": {
                "href": f"{base}/tiles/{opened.name}/{scenario}/{product}/{{z}}/{{x}}/{{y}}.png",
                "type": "image/png",
                "title": voice.word(product),
                "roles": ["visual"],
            },
        },
        "links": [
            _link(f"{own}/{product}", "self", "application/geo+json"),
            _link(f"{base}/stac", "root"),
            _link(own, "parent"),
            _link(own, "collection"),
        ],
    }


def _interval(opened: Opened, names: list[str]) -> list[str | None]:
    made = [opened.study.record(n).made for n in names]
    return [_moment(min(made)), _moment(max(made))] if made else [None, None]


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _link(href: str, rel: str, kind: str = "application/json") -> dict[str, Any]:
    return {"href": href, "rel": rel, "type": kind}
