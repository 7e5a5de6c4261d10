"""The command: one function per verb, each a thin call of the study."""

import os
import sys
from collections.abc import Callable

import typer

from shanshui.cli.begin import circuit, import_invest_study, new
from shanshui.cli.conform import conform
from shanshui.cli.corridors import corridors
from shanshui.cli.decide import admit, linkages, screen, weigh
from shanshui.cli.ending import Commands, ending
from shanshui.cli.look import check, explain, list_products, show
from shanshui.cli.make import export, report, run
from shanshui.cli.peek import peek
from shanshui.cli.rank import rank
from shanshui.cli.scenario import compare, scenario
from shanshui.cli.serve import serve
from shanshui.cli.upkeep import sweep, verify
from shanshui.cli.validate import validate
from shanshui.cli.why import why
from shanshui.flow.known import own_program

app = typer.Typer(
    name="shanshui",
    cls=Commands,
    help="Planning-support for ecologically sensitive mountain regions: one study folder, one command.",
    epilog="With --debug a fault of the program shows its trace.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS: dict[str, Callable[..., None]] = {
    "new": new,
    "import-invest": import_invest_study,
    "circuit": circuit,
    "corridors": corridors,
    "peek": peek,
    "check": check,
    "run": run,
    "scenario": scenario,
    "compare": compare,
    "list": list_products,
    "show": show,
    "explain": explain,
    "why": why,
    "validate": validate,
    "export": export,
    "report": report,
    "serve": serve,
    "weigh": weigh,
    "rank": rank,
    "linkages": linkages,
    "admit": admit,
    "conform": conform,
    "screen": screen,
    "verify": verify,
    "sweep": sweep,
}
for name, command in COMMANDS.items():
    app.command(name=name)(command)


def main() -> None:
    """Run the command; whatever goes wrong ends in one line, not in a traceback."""
    debug = "--debug" in sys.argv or bool(os.environ.get("SHANSHUI_DEBUG"))
    sys.argv = [word for word in sys.argv if word != "--debug"]
    with ending(sys.argv[1:], debug=debug):
        app()


def started() -> None:
    """Run the command as a program of its own, which keeps what it finds out of its code for the next."""
    own_program()
    main()


if __name__ == "__main__":
    started()
