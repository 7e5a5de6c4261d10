"""Processes of the OGC: runs of a study as jobs that other programs ask for."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from shanshui.core.errors import PlanError
from shanshui.web.changes import Changes, RunWish, asked_run
from shanshui.web.people import People, Person
from shanshui.web.runs import Job
from shanshui.web.studies import Studies

_STATUS = {
    "waiting": "accepted", "running": "running", "done": "successful", "failed": "failed", "cancelled": "dismissed", "lost": "failed",
}  # fmt: skip


class Execution(BaseModel):
    """What a process is asked."""

    inputs: dict[str, Any] = Field(default={})


def processes(studies: Studies, people: People, held: Changes) -> APIRouter:
    """Doors to processes and their jobs."""
    router = APIRouter(tags=["OGC"])
    planner, viewer = Depends(people.need("planner")), Depends(people.need("viewer"))
    name = Annotated[str, Path(max_length=210)]

    @router.get("/processes", summary="Processes", dependencies=[viewer])
    def listed(request: Request) -> dict[str, Any]:
        base = str(request.base_url).rstrip("/")
        return {
            "processes": [_summary(study, base) for study in studies],
            "links": [{"href": f"{base}/processes", "rel": "self", "type": "application/json"}],
        }

    @router.get("/processes/{process}", summary="One process", dependencies=[viewer])
    def one(request: Request, process: name) -> dict[str, Any]:
        study = _study(studies, process)
        return _summary(study, str(request.base_url).rstrip("/")) | _described(studies, study)

    @router.post("/processes/{process}/execution", summary="Ask for a run", status_code=201)
    def execute(
        request: Request,
        response: Response,
        process: name,
        wish: Execution,
        person: Annotated[Person, planner],
    ) -> dict[str, Any]:
        study = _study(studies, process)
        unknown = set(wish.inputs) - set(RunWish.model_fields)
        if unknown:
            raise HTTPException(
                422,
                f"inputs: {', '.join(sorted(unknown))}; known: {', '.join(RunWish.model_fields)}",
            )
        try:
            asked = RunWish.model_validate(wish.inputs)
        except ValueError as error:
            raise HTTPException(422, f"inputs: {error}") from None
        told = asked_run(studies, held, study, asked, person)
        response.headers["Location"] = f"{str(request.base_url).rstrip('/')}/jobs/{told['id']}"
        response.headers["Preference-Applied"] = "respond-async"
        return _job(held.runs(study).job(told["id"]))

    @router.get("/jobs", summary="Jobs", dependencies=[viewer])
    def jobs() -> dict[str, Any]:
        return {"jobs": [_job(j) for study in studies for j in held.runs(study)], "links": []}

    @router.get("/jobs/{job}", summary="One job", dependencies=[viewer])
    def job(job: name) -> dict[str, Any]:
        return _job(_found(studies, held, job))

    @router.get("/jobs/{job}/results", summary="Where what a job made is", dependencies=[viewer])
    def results(request: Request, job: name) -> dict[str, Any]:
        found = _found(studies, held, job)
        if found.state != "done":
            raise HTTPException(404, f"job {job}: is {_STATUS[found.state]}; it has no results")
        base = str(request.base_url).rstrip("/")
        made = [e["step"] for e in found.events if e.get("kind") == "made"]
        scenario = (
            found.words[found.words.index("--scenario") + 1]
            if "--scenario" in found.words
            else "base"
        )
        return {
            name: {
                "href": f"{base}/api/{found.study}/{scenario}/products/{name}",
                "type": "application/json",
            }
            for name in made
        }

    @router.delete("/jobs/{job}", summary="Dismiss a job", dependencies=[planner])
    def dismiss(job: name) -> dict[str, Any]:
        found = _found(studies, held, job)
        return _job(held.runs(found.study).cancel(found.id))

    return router


def _study(studies: Studies, process: str) -> str:
    study = process.removeprefix("run-")
    if not process.startswith("run-") or study not in list(studies):
        raise PlanError(f"process '{process}': there is none; see /processes")
    return study


def _found(studies: Studies, held: Changes, job: str) -> Job:
    for study in studies:
        for each in held.runs(study):
            if each.id == job:
                return each
    raise PlanError(f"job '{job}': there is none; see /jobs")


def _summary(study: str, base: str) -> dict[str, Any]:
    own = f"{base}/processes/run-{study}"
    return {
        "id": f"run-{study}",
        "title": f"Run {study}",
        "description": "Brings products of the study up to date; what is known is not made again.",
        "version": "1.0.0",
        "jobControlOptions": ["async-execute", "dismiss"],
        "outputTransmission": ["reference"],
        "links": [{"href": own, "rel": "self", "type": "application/json"}],
    }


def _described(studies: Studies, study: str) -> dict[str, Any]:
    schema = RunWish.model_json_schema()["properties"]
    return {
        "inputs": {
            name: {
                "title": name,
                "description": told.get("description", ""),
                "schema": told,
                "minOccurs": 0,
            }
            for name, told in schema.items()
        },
        "outputs": {
            name: {"title": name, "schema": {"type": "object"}}
            for name in studies.study(study).study.plan.steps
        },
    }


def _job(job: Job) -> dict[str, Any]:
    told = job.to_dict()
    return {
        "processID": f"run-{job.study}",
        "type": "process",
        "jobID": job.id,
        "status": _STATUS[job.state],
        "message": job.message,
        "progress": 100
        if job.state == "done"
        else min(99, round(100 * job.done / max(job.steps, 1))),
        "secondsLeft": told["seconds_left"],
    }
