"""What is asked of a study, as JSON: the answers of ``queries`` in the words of a language."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from shanshui.core.keys import keys
from shanshui.core.voice import languages
from shanshui.queries.plain import jsonable
from shanshui.report.legends import legends
from shanshui.study.sections import BASE
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

Kind = Annotated[str, Path(max_length=40, description="Kind of place.")]
Code = Annotated[str, Path(max_length=200, description="Code, name or number of a place.")]


def asked(studies: Studies) -> APIRouter:
    """Doors to what is asked of studies."""
    router = APIRouter(prefix="/api", tags=["study"])
    _about(router, studies)
    _of_products(router, studies)
    _of_places(router, studies)
    return router


def _about(router: APIRouter, studies: Studies) -> None:
    @router.get("", summary="Studies that are shown")
    def shown(lang: Lang = DEFAULT_LANGUAGE) -> dict[str, Any]:
        titles = {}
        for name in studies:
            opened = studies.study(name)
            known = languages(opened.study.layout.folder)
            voice = opened.voice(lang if lang in known else DEFAULT_LANGUAGE)
            titles[name] = voice.of(opened.study.file.study, "name")
        return {
            "version": version("shanshui"),
            "studies": [{"study": name, "title": title} for name, title in titles.items()],
        }

    @router.get("/{study}", summary="One study")
    def one(study: StudyName, lang: Lang = DEFAULT_LANGUAGE) -> dict[str, Any]:
        opened = studies.study(study)
        voice, own = opened.voice(lang), opened.study
        return {
            "study": study,
            "title": voice.of(own.file.study, "name"),
            "made_up": own.file.study.made_up,
            "languages": list(languages(own.layout.folder)),
            "bounds": opened.bounds,
            "cell_m": own.grid.cell_m,
            "shape": own.grid.shape,
            "scenarios": [BASE, *own.scenarios],
            "kinds": [{"kind": k, "name": voice.said(keys()[k])} for k in opened.sheets.kinds()],
        }

    @router.get("/{study}/{scenario}/base", summary="Region, counties, rivers and places")
    def base(study: StudyName, scenario: ScenarioName, lang: Lang = DEFAULT_LANGUAGE) -> Response:
        opened = studies.study(study, scenario)
        return Response(opened.base(opened.voice(lang)), media_type="application/json")

    @router.get("/{study}/{scenario}/findings", summary="What was found, in sentences")
    def found(study: StudyName, scenario: ScenarioName, lang: Lang = DEFAULT_LANGUAGE) -> Response:
        opened = studies.study(study, scenario)
        return Response(opened.findings(opened.voice(lang)), media_type="application/json")

    @router.get("/{study}/{scenario}/settings", summary="What may be set, of a step or of all")
    def settings(
        study: StudyName,
        scenario: ScenarioName,
        step: Annotated[list[str] | None, Query(max_length=50)] = None,
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        return {"settings": jsonable(opened.study.settings(*(step or [])).to_dicts())}


def _of_products(router: APIRouter, studies: Studies) -> None:
    @router.get("/{study}/{scenario}/products", summary="Products with state, unit and chapter")
    def products(
        study: StudyName, scenario: ScenarioName, lang: Lang = DEFAULT_LANGUAGE
    ) -> dict[str, Any]:
        return {"products": _lines(studies.study(study, scenario), lang)}

    @router.get("/{study}/{scenario}/products/{product}", summary="What is known of a product")
    def facts(study: StudyName, scenario: ScenarioName, product: ProductName) -> dict[str, Any]:
        told = studies.study(study, scenario).study.show(product).to_dict()
        told.pop("file", None)  # a path of this machine
        return told

    @router.get("/{study}/{scenario}/maps/{product}", summary="What the map of a product shows")
    def drawn(
        study: StudyName,
        scenario: ScenarioName,
        product: ProductName,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> Response:
        opened = studies.study(study, scenario)
        text = opened.map(product, opened.voice(lang)).text
        return Response(text, media_type="application/json")

    @router.get("/{study}/{scenario}/explain/{product}", summary="The chain back to the inputs")
    def explain(study: StudyName, scenario: ScenarioName, product: ProductName) -> dict[str, Any]:
        return {"chain": studies.study(study, scenario).study.explain(product).to_dicts()}


def _of_places(router: APIRouter, studies: Studies) -> None:
    @router.get("/{study}/{scenario}/places/{kind}", summary="Places of a kind")
    def places(
        study: StudyName, scenario: ScenarioName, kind: Kind, lang: Lang = DEFAULT_LANGUAGE
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        voice = opened.voice(lang)
        return {"places": [p.to_dict(voice) for p in opened.sheets.places(kind)]}

    @router.get("/{study}/{scenario}/places/{kind}/{code}", summary="Sheet of a place")
    def sheet(
        study: StudyName,
        scenario: ScenarioName,
        kind: Kind,
        code: Code,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        voice = opened.voice(lang)
        return opened.sheets.sheet(kind, code, voice).to_dict(voice)

    @router.get("/{study}/{scenario}/at", summary="Places around a point")
    def around(
        study: StudyName, scenario: ScenarioName, lon: Lon, lat: Lat, lang: Lang = DEFAULT_LANGUAGE
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        voice = opened.voice(lang)
        return {"places": [p.to_dict(voice) for p in opened.sheets.around(lon, lat)]}

    @router.get("/{study}/{scenario}/search", summary="Places and products by what is typed")
    def search(
        study: StudyName,
        scenario: ScenarioName,
        q: Annotated[str, Query(max_length=100, description="Name, pinyin or code.")],
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        voice = opened.voice(lang)
        return {"found": [f.to_dict(voice) for f in opened.search().find(q)]}

    @router.get("/{study}/{scenario}/admission", summary="Whether a project may come to a point")
    def admission(
        study: StudyName,
        scenario: ScenarioName,
        industry: Annotated[str, Query(max_length=80, description="Code, or name of a class.")],
        lon: Lon,
        lat: Lat,
        kind: Annotated[str, Query(max_length=20)] = "new",
    ) -> dict[str, Any]:
        own = studies.study(study, scenario).study
        return own.admit(industry, (lon, lat), kind=kind).to_dict()

    @router.get("/{study}/{scenario}/why/{product}", summary="Why a product is as it is at a point")
    def why(
        study: StudyName, scenario: ScenarioName, product: ProductName, lon: Lon, lat: Lat
    ) -> dict[str, Any]:
        answer: dict[str, Any] = (
            studies.study(study, scenario).study.why(product, (lon, lat)).to_dict()
        )
        return answer


def _lines(opened: Opened, language: str) -> list[dict[str, Any]]:
    """Every product in the words of a language, with where it stands in the report."""
    voice = opened.voice(language)
    rows = {row.product: row for row in reversed(legends())}
    order = {row.product: at for at, row in enumerate(legends())}
    out = []
    for each in opened.study.products():
        row = rows.get(each.name) or rows.get(each.name.partition(".")[0])
        chapter = row.chapter if row else ""
        out.append(
            {
                **each.to_dict(),
                "title": voice.word(each.name),
                "unit_said": voice.unit(each.unit),
                "chapter": chapter,
                "chapter_title": voice(chapter) if chapter else "",
                "order": order.get(each.name, len(order)),
            }
        )
    return out
