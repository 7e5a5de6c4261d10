"""Runs that are asked for in a browser: one after another for each study, by the command itself, so that a server that stops takes none with it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shanshui.core.errors import PlanError
from shanshui.web.records import FOLDER, Records

STATES = ("waiting", "running", "done", "failed", "cancelled", "lost")
"""Of a run; ``lost`` where the server stopped before it ended: what it made stands, and asking again goes on from there."""
ENDED = STATES[2:]
MOST_WAITING = 20
"""Runs of a study that wait [D]."""
MOST_TOLD = 20_000
"""Events of a run that are held [D]; the ledger has all."""


@dataclass
class Job:
    """One run.

    Attributes
    ----------
    id : str
        Address.
    study : str
        Of which it is.
    words : list of str
        Words of the command behind ``shanshui``.
    by : str
        Who asked for it.
    state : str
        Of :data:`STATES`.
    asked, began, ended : float [s]
        Since 1970; 0 for not yet.
    message : str
        Last line of one that failed.
    steps, done : int [step]
        To be made, and made.
    events : list of dict
        What it said.
    """

    id: str
    study: str
    words: list[str]
    by: str
    state: str = "waiting"
    asked: float = field(default_factory=time.time)
    began: float = 0.0
    ended: float = 0.0
    message: str = ""
    steps: int = 0
    done: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        now = self.ended or time.time()
        left = None
        if self.state == "running" and self.done and self.steps:
            left = round((now - self.began) / self.done * max(self.steps - self.done, 0), 1)
        return {
            "id": self.id,
            "study": self.study,
            "words": self.words,
            "by": self.by,
            "state": self.state,
            "asked": self.asked,
            "began": self.began or None,
            "ended": self.ended or None,
            "message": self.message,
            "steps": self.steps,
            "done": self.done,
            "seconds_left": left,
        }


class Runs:
    """Runs of one study, in the order in which they were asked for.

    Parameters
    ----------
    name : str
        Of the study.
    folder : Path
        Of the study; a file in it keeps what was asked for and how it ended.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._records = Records(folder / FOLDER / "runs.jsonl")
        self._jobs: dict[str, Job] = {}
        self._change = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._worker: threading.Thread | None = None
        self._read()

    def _read(self) -> None:
        """Runs of servers before this one; those that had not ended are lost."""
        for line in self._records:
            job = self._jobs.get(line["id"])
            if job is None:
                job = self._jobs[line["id"]] = Job(
                    line["id"], self._name, list(line["words"]), line["by"], asked=line["at"]
                )
            job.state, job.message = line["state"], line.get("message", "")
            job.began, job.ended = line.get("began", 0.0), line.get("ended", 0.0)
        for job in self._jobs.values():
            if job.state not in ENDED:
                self._note(job, "lost", message="the server stopped")

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def job(self, address: str) -> Job:
        """One run.

        Raises
        ------
        PlanError
            None of that address.
        """
        if address not in self._jobs:
            raise PlanError(f"run '{address}': there is none; see the list of runs")
        return self._jobs[address]

    def ask(self, words: list[str], steps: int, by: str) -> Job:
        """Put a run behind those that wait.

        Parameters
        ----------
        words : list of str
            Of ``shanshui run`` behind the folder.
        steps : int [step]
            That it will make.
        by : str
            Who asks.

        Raises
        ------
        PlanError
            Too many wait already.
        """
        with self._change:
            waiting = [j for j in self._jobs.values() if j.state == "waiting"]
            for job in waiting:
                if job.words == words:
                    return job
            if len(waiting) >= MOST_WAITING:
                raise PlanError(f"run: {len(waiting)} wait already; cancel one, or wait")
            job = Job(f"{self._name}-{len(self._jobs) + 1}", self._name, words, by, steps=steps)
            self._jobs[job.id] = job
            self._note(job, "waiting")
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(
                    target=self._work, name=f"runs-{self._name}", daemon=True
                )
                self._worker.start()
            self._change.notify_all()
            return job

    def cancel(self, address: str) -> Job:
        """Stop a run; what it made stands.

        Raises
        ------
        PlanError
            None of that address.
        """
        job = self.job(address)
        with self._change:
            if job.state == "waiting":
                self._note(job, "cancelled", ended=time.time())
            elif job.state == "running" and self._process is not None:
                job.message = "cancelled"
                _interrupt(self._process)
            self._change.notify_all()
        return job

    def close(self) -> None:
        """Stop what runs, as the server does when it ends."""
        with self._change:
            process = self._process
            for job in self._jobs.values():
                if job.state == "waiting":
                    self._note(job, "lost", message="the server stopped")
        if process is not None:
            _interrupt(process)
        if self._worker is not None:
            self._worker.join(20.0)

    def events(self, address: str, since: int, wait_s: float) -> tuple[list[dict[str, Any]], bool]:
        """What a run said after an event, waiting for more if there is none yet.

        Parameters
        ----------
        address : str
            Of the run.
        since : int
            So many are known already.
        wait_s : float [s]
            At most.

        Returns
        -------
        (list of dict, bool)
            Events, and whether the run has ended and has no more.
        """
        job = self.job(address)
        with self._change:
            if len(job.events) <= since and job.state not in ENDED:
                self._change.wait(wait_s)
            told = job.events[since:]
            return told, job.state in ENDED and since + len(told) >= len(job.events)

    def _work(self) -> None:
        while True:
            with self._change:
                job = next((j for j in self._jobs.values() if j.state == "waiting"), None)
                if job is None:
                    self._worker = None
                    return
                self._note(job, "running", began=time.time())
                self._process = _started(self._folder, job.words)
                process = self._process
            self._follow(job, process)

    def _follow(self, job: Job, process: "subprocess.Popen[str]") -> None:
        """Hear a run until it ends."""
        rest: list[str] = []
        with process:
            for line in process.stdout or ():
                try:
                    event = json.loads(line)
                except ValueError:
                    rest.append(line.strip())
                    continue
                with self._change:
                    if len(job.events) < MOST_TOLD:
                        job.events.append(event)
                    job.done += event.get("kind") == "made"
                    self._change.notify_all()
        code = process.wait()
        with self._change:
            self._process = None
            if job.message == "cancelled":
                state, message = "cancelled", ""
            else:
                state, message = (
                    ("done", "") if code == 0 else ("failed", " ".join(rest[-3:])[-2000:])
                )
            self._note(job, state, ended=time.time(), message=message)
            self._change.notify_all()

    def _note(self, job: Job, state: str, **facts: Any) -> None:
        job.state = state
        for name, value in facts.items():
            setattr(job, name, value)
        self._records.add(id=job.id, words=job.words, by=job.by, state=state, **facts)


def _started(folder: Path, words: list[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "shanshui", "run", str(folder), *words, "--json"]
    # a group of its own: what stops the server by its terminal does not stop the run half-way in a write
    return subprocess.Popen(  # noqa: S603 - words were checked against the study, and no shell reads them
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=os.name == "posix",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


def _interrupt(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
