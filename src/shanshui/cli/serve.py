"""Show studies to browsers and other programs."""

from pathlib import Path
from typing import Annotated

import typer

from shanshui.core.errors import StudyError

KEPT_S = 75
"""How long a connection is kept for the next question [s]: longer than a reader looks at a map."""
_OWN = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine reaches."""


def serve(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR...", help="Study folders.")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; this machine alone by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    public: Annotated[
        bool,
        typer.Option("--public", help="Anybody may look; nobody may change without a password."),
    ] = False,
    users: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table name, role (viewer, planner, administrator), password (a digest).",
        ),
    ] = None,
    digest: Annotated[
        bool,
        typer.Option(
            "--digest", help="Ask for a password and print its digest, for the table of users."
        ),
    ] = False,
    to_open: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """The One Map: prints an address where studies are looked at and asked."""
    import socket
    import webbrowser

    import uvicorn

    from shanshui.web.app import app_of
    from shanshui.web.people import People, digest_of

    if digest:
        typer.echo(digest_of(typer.prompt("password", hide_input=True, err=True)))
        return
    if not folders:
        raise StudyError("serve: no study; give one folder or more: shanshui serve DIR")
    if not (public or users) and host not in _OWN:
        raise StudyError(
            f"--host {host}: others could change the study; give --users FILE, or --public that they may only look"
        )
    app = app_of(folders, People(users, public=public))
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise StudyError(
            f"--host {host} --port {port}: cannot listen there ({error.strerror}); --port 0 takes a free one"
        ) from error
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    typer.echo(address)
    if to_open:
        webbrowser.open(address)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_keep_alive=KEPT_S)
    uvicorn.Server(config).run(sockets=[listening])
