"""What changes something: who is logged in, scenarios, runs, comments; each noted for good."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from shanshui.core.errors import PlanError
from shanshui.opened import open_study
from shanshui.queries.plain import jsonable
from shanshui.queries.statistics import polygon_statistics
from shanshui.study.sections import BASE
from shanshui.web.people import COOKIE, People, Person
from shanshui.web.records import FOLDER, Records
from shanshui.web.runs import Runs
from shanshui.web.studies import Studies
from shanshui.web.words import (
    DEFAULT_LANGUAGE,
    Lang,
    ProductName,
    ScenarioName,
    StudyName,
)

WAIT_S = 15.0
"""After so long without an event a line says that the server is there [s]."""
MOST_COMMENTS = 5_000
"""Comments of a study that wait to be looked at [D]."""


class Login(BaseModel):
    """Who somebody says to be."""

    name: str = Field(max_length=100)
    password: str = Field(max_length=400)


class ScenarioWish(BaseModel):
    """A scenario to be written."""

    name: str = Field(max_length=80, description="Of the scenario.")
    parents: list[str] = Field(default=[], max_length=10)
    measures: list[str] = Field(default=[], max_length=50, description="As the command takes them.")
    settings: list[str] = Field(default=[], max_length=200, description="STEP.SETTING=VALUE")
    note: str = Field(default="", max_length=2000)


class RunWish(BaseModel):
    """A run to be made."""

    products: list[str] = Field(
        default=[], max_length=400, description="All that can be made when empty."
    )
    scenario: str = Field(default=BASE, max_length=80)
    preview: int = Field(default=1, ge=1, le=64, description="On cells so many times as wide.")


class Comment(BaseModel):
    """What somebody says of a place."""

    text: str = Field(min_length=1, max_length=2000)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    name: str = Field(default="", max_length=80)
    product: str = Field(default="", max_length=200)


class Geometry(BaseModel):
    """A polygon, as GeoJSON has it, in degrees."""

    type: str = Field(max_length=20)
    coordinates: list[Any]


class Changes:
    """What a server holds of the changes to its studies.

    Parameters
    ----------
    studies : Studies
        That are shown.
    """

    def __init__(self, studies: Studies) -> None:
        self._studies = studies
        self._runs: dict[str, Runs] = {}
        self._records: dict[tuple[str, str], Records] = {}

    def runs(self, study: str) -> Runs:
        """Runs of a study."""
        folder = self._studies.folder(study)
        return (
            self._runs.setdefault(study, Runs(study, folder))
            if study not in self._runs
            else self._runs[study]
        )

    def records(self, study: str, name: str) -> Records:
        """A file of lines of a study."""
        folder = self._studies.folder(study)
        if (study, name) not in self._records:
            self._records[study, name] = Records(folder / FOLDER / f"{name}.jsonl")
        return self._records[study, name]

    def note(self, study: str, person: Person, what: str, **facts: Any) -> None:
        """Note for good who did what."""
        self.records(study, "audit").add(by=person.name, role=person.role, what=what, **facts)

    def close(self) -> None:
        """Stop what runs."""
        for runs in self._runs.values():
            runs.close()


def changes(studies: Studies, people: People, held: Changes) -> APIRouter:
    """Doors to what changes something."""
    router = APIRouter()
    _people(router, people)
    _scenarios(router, studies, people, held)
    _runs(router, studies, people, held)
    _comments(router, people, held)
    _drawn(router, studies, people)
    return router


def _people(router: APIRouter, people: People) -> None:
    @router.post(
        "/login", tags=["people"], summary="Log in", responses={401: {"description": "wrong"}}
    )
    def login(request: Request, response: Response, wish: Login) -> dict[str, str]:
        token = people.login(wish.name, wish.password)
        if token is None:
            raise HTTPException(401, "name or password is wrong")
        response.set_cookie(
            COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        person = people.of(token)
        return {"name": wish.name, "role": person.role if person else "", "token": token}

    @router.post("/logout", tags=["people"], summary="Log out")
    def logout(response: Response) -> dict[str, str]:
        response.delete_cookie(COOKIE)
        return {"name": "", "role": ""}

    @router.get("/me", tags=["people"], summary="Who is asking")
    def me(request: Request) -> dict[str, Any]:
        person = people.asking(request, request.headers.get("authorization", ""))
        return {
            "name": person.name if person else "",
            "role": person.role if person else "",
            "login": not people.open,
        }


def _scenarios(router: APIRouter, studies: Studies, people: People, held: Changes) -> None:
    planner = Depends(people.need("planner"))
    viewer = Depends(people.need("viewer"))

    @router.get(
        "/scenarios/{study}", tags=["scenarios"], summary="Scenarios", dependencies=[viewer]
    )
    def listed(study: StudyName) -> dict[str, Any]:
        return {"scenarios": jsonable(studies.study(study).study.scenario_list().to_dicts())}

    @router.get(
        "/scenarios/{study}/{name}", tags=["scenarios"], summary="One", dependencies=[viewer]
    )
    def one(study: StudyName, name: ScenarioName) -> dict[str, Any]:
        return dict(jsonable(studies.study(study).study.scenario_facts(name).to_dict()))

    @router.post(
        "/scenarios/{study}", tags=["scenarios"], summary="Write a scenario", status_code=201
    )
    def new(
        study: StudyName, wish: ScenarioWish, person: Annotated[Person, planner]
    ) -> dict[str, Any]:
        own = open_study(studies.folder(study))
        if wish.name in own.scenarios:
            raise HTTPException(
                409, f"scenario '{wish.name}': there is one of that name; give another"
            )
        words = {k: v for k, v in (("author", person.name), ("note", wish.note)) if v}
        made = own.new_scenario(
            wish.name,
            parents=wish.parents,
            measures=wish.measures,
            settings=wish.settings,
            words=words,
        )
        studies.changed(study)
        held.note(study, person, "scenario new", scenario=wish.name, wish=wish.model_dump())
        return {"scenario": made.scenario, "overridden": list(made.overridden)}

    @router.delete("/scenarios/{study}/{name}", tags=["scenarios"], summary="Take a scenario away")
    def drop(
        study: StudyName, name: ScenarioName, person: Annotated[Person, planner]
    ) -> dict[str, Any]:
        dropped = open_study(studies.folder(study)).drop_scenario(name)
        studies.changed(study)
        held.note(study, person, "scenario drop", scenario=name)
        return {"scenario": dropped.scenario, "results": dropped.results, "bytes": dropped.bytes}

    @router.get(
        "/compare/{study}/{one}/{other}/{product}",
        tags=["scenarios"],
        summary="What differs of a product",
        dependencies=[viewer],
    )
    def compare(
        study: StudyName,
        one: ScenarioName,
        other: ScenarioName,
        product: ProductName,
        column: Annotated[str, Query(max_length=100)] = "",
    ) -> dict[str, Any]:
        return dict(
            jsonable(studies.study(study).study.compare(one, other, product, column).to_dict())
        )


def _runs(router: APIRouter, studies: Studies, people: People, held: Changes) -> None:
    planner = Depends(people.need("planner"))
    viewer = Depends(people.need("viewer"))
    address = Annotated[str, Path(max_length=250, description="Of a run.")]

    @router.get(
        "/runs/{study}", tags=["runs"], summary="Runs, the last first", dependencies=[viewer]
    )
    def listed(study: StudyName) -> dict[str, Any]:
        return {"runs": [job.to_dict() for job in reversed(list(held.runs(study)))]}

    @router.post("/runs/{study}", tags=["runs"], summary="Ask for a run", status_code=202)
    def ask(study: StudyName, wish: RunWish, person: Annotated[Person, planner]) -> dict[str, Any]:
        return asked_run(studies, held, study, wish, person)

    @router.get("/runs/{study}/{run}", tags=["runs"], summary="One run", dependencies=[viewer])
    def one(study: StudyName, run: address) -> dict[str, Any]:
        return held.runs(study).job(run).to_dict()

    @router.delete("/runs/{study}/{run}", tags=["runs"], summary="Cancel a run")
    def cancel(
        study: StudyName, run: address, person: Annotated[Person, planner]
    ) -> dict[str, Any]:
        job = held.runs(study).cancel(run)
        held.note(study, person, "run cancel", run=run)
        return job.to_dict()

    @router.get(
        "/runs/{study}/{run}/events",
        tags=["runs"],
        summary="What a run says, as server-sent events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
        dependencies=[viewer],
    )
    async def events(
        request: Request,
        study: StudyName,
        run: address,
        since: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> StreamingResponse:
        runs = held.runs(study)
        runs.job(run)
        last = request.headers.get("last-event-id", "")
        start = int(last) if last.isdigit() and len(last) < 10 else since
        return StreamingResponse(_told(request, runs, run, start), media_type="text/event-stream")


async def _told(request: Request, runs: Runs, run: str, since: int) -> AsyncIterator[str]:
    """Events of a run until it ends or nobody listens."""
    while not await request.is_disconnected():
        told, ended = await asyncio.to_thread(runs.events, run, since, WAIT_S)
        for event in told:
            since += 1
            yield f"id: {since}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
        if ended:
            yield f"event: ended\ndata: {json.dumps(runs.job(run).to_dict(), ensure_ascii=False)}\n\n"
            return
        yield f"event: state\ndata: {json.dumps(runs.job(run).to_dict(), ensure_ascii=False)}\n\n"


def asked_run(
    studies: Studies, held: Changes, study: str, wish: RunWish, person: Person
) -> dict[str, Any]:
    """Put a run behind those that wait.

    Raises
    ------
    PlanError, StudyError
        A product or a scenario that there is not.
    """
    viewed = studies.study(study, wish.scenario).study
    viewed = viewed.preview(wish.preview) if wish.preview > 1 else viewed
    estimate = viewed.estimate(*wish.products)
    steps = sum(1 for step in estimate.steps if step.state != "made")
    words = [*viewed.targets(wish.products)] if wish.products else []
    if wish.scenario != BASE:
        words += ["--scenario", wish.scenario]
    if wish.preview > 1:
        words += ["--preview", str(wish.preview)]
    job = held.runs(study).ask(words, steps, person.name)
    held.note(study, person, "run", run=job.id, words=words)
    return job.to_dict()


def _comments(router: APIRouter, people: People, held: Changes) -> None:
    viewer = Depends(people.need("viewer"))
    moderator = Depends(people.need("administrator"))

    @router.get("/comments/{study}", tags=["comments"], summary="What was said of places")
    def listed(study: StudyName, person: Annotated[Person, viewer]) -> dict[str, Any]:
        told = _comments_of(held, study)
        if not person.may("administrator"):
            told = [c for c in told if c["state"] == "shown"]
        return {"comments": told}

    @router.post(
        "/comments/{study}", tags=["comments"], summary="Say something of a place", status_code=201
    )
    def say(study: StudyName, wish: Comment, person: Annotated[Person, viewer]) -> dict[str, Any]:
        told = _comments_of(held, study)
        if sum(c["state"] == "waiting" for c in told) >= MOST_COMMENTS:
            raise HTTPException(429, "too many comments wait to be looked at; come again later")
        state = "shown" if person.may("planner") else "waiting"
        line = held.records(study, "comments").add(state=state, by=person.name, **wish.model_dump())
        return {"number": line["number"], "state": state}

    @router.put(
        "/comments/{study}/{number}/{state}",
        tags=["comments"],
        summary="Show a comment, or hide it",
    )
    def decide(
        study: StudyName,
        number: Annotated[int, Path(ge=1, le=10**9)],
        state: Annotated[str, Path(pattern="^(shown|hidden)$")],
        person: Annotated[Person, moderator],
    ) -> dict[str, Any]:
        if not any(c["number"] == number for c in _comments_of(held, study)):
            raise PlanError(f"comment {number}: there is none")
        held.records(study, "comments").add(of=number, state=state, by=person.name)
        held.note(study, person, f"comment {state}", comment=number)
        return {"number": number, "state": state}

    @router.get("/audit/{study}", tags=["people"], summary="Who did what", dependencies=[moderator])
    def audit(study: StudyName) -> dict[str, Any]:
        records = held.records(study, "audit")
        return {"whole": records.whole(), "lines": list(records)}


def _comments_of(held: Changes, study: str) -> list[dict[str, Any]]:
    """Comments with what was decided of them."""
    told: dict[int, dict[str, Any]] = {}
    for line in held.records(study, "comments"):
        line.pop("after", None)
        if "of" in line:
            told[line["of"]]["state"] = line["state"]
        else:
            told[line["number"]] = line
    return list(told.values())


def _drawn(router: APIRouter, studies: Studies, people: People) -> None:
    viewer = Depends(people.need("viewer"))

    @router.post(
        "/statistics/{study}/{scenario}/{product}",
        tags=["study"],
        summary="What a grid is within a polygon",
        dependencies=[viewer],
    )
    def statistics(
        study: StudyName,
        scenario: ScenarioName,
        product: ProductName,
        polygon: Geometry,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> dict[str, Any]:
        opened = studies.study(study, scenario)
        words = opened.class_words(product, lang)
        found = polygon_statistics(
            opened.study, opened.reading, product, polygon.model_dump(), classes=bool(words)
        )
        told = found.to_dict()
        told["classes"] = [
            {"code": code, "word": words.get(code, str(code)), "km2": km2}
            for code, km2 in found.classes.items()
        ]
        return told

    @router.post(
        "/conformity/{study}/{scenario}",
        tags=["study"],
        summary="Which features of a plan break a control line",
        dependencies=[viewer],
    )
    def conformity(
        study: StudyName,
        scenario: ScenarioName,
        plan: Annotated[dict[str, Any], Body(description="GeoJSON FeatureCollection.")],
        use: Annotated[str, Query(max_length=100)] = "",
    ) -> dict[str, Any]:
        own = studies.study(study, scenario).study
        if plan.get("type") != "FeatureCollection" or not plan.get("features"):
            raise HTTPException(422, "plan: expected a GeoJSON FeatureCollection with features")
        with tempfile.TemporaryDirectory(prefix="shanshui-") as folder:
            file = FilePath(folder) / "plan.geojson"
            file.write_text(json.dumps(plan), "utf-8")
            return dict(jsonable(own.conform(file, use=use).to_dict()))
