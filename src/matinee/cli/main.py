"""`matinee`: the verbs of the product. Each opens the wiring, calls one function and shows its result."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import matinee
from matinee.errors import MatineeError
from matinee.garbage import collect_seldom
from matinee.parent import end_with_parent
from matinee.progress import TOLD_AS
from matinee.settings import load_settings
from matinee.stop import INTERRUPTED
from matinee.telemetry import configure_logs
from matinee.troubles import Troubles

_FILES = {
    "demo": "demo", "data": "data", "simulate": "data", "replay": "data", "stream": "stream",
    "train": "models", "tune": "tune", "evaluate": "evaluate", "models": "models", "serve": "serve",
    "up": "up", "ui": "ui", "recommend": "ask", "similar": "ask", "search": "ask", "users": "users",
    "doctor": "doctor", "bench": "bench",
}  # fmt: skip
"""Of each verb the file that has it. Only that of the verb which is run is imported: all take seconds."""


class Verbs(click.Group):
    """The verbs. An error of ours, or of a folder, is a line on standard error, and no traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(_FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of this name."""
        if cmd_name not in _FILES:
            return None
        verb: click.Command = getattr(import_module(f"matinee.cli.{_FILES[cmd_name]}"), cmd_name)
        return verb

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing is left half done", err=True)
            sys.exit(INTERRUPTED)
        except MatineeError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:  # whoever reads has enough: click ends quietly
            raise
        except OSError as error:  # of a home, a file or an address that cannot be used
            raise click.ClickException(f"{error}; mend its rights, make room, or name another") from error


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: matinee demo",
)
@click.version_option(matinee.__version__, prog_name="matinee")
@click.option("--home", type=click.Path(path_type=Path), help="The folder that holds everything embedded.")
@click.option(
    "--progress",
    default="bar",
    type=click.Choice(["bar", "json"]),
    help="How long work tells how far it is: a bar on terminals, or JSON lines on standard error.",
)
@click.pass_context
def cli(ctx: click.Context, home: Path | None, progress: str) -> None:
    """Real-time movie recommendations: an event changes its user's next recommendation, in milliseconds."""
    settings = load_settings(home=home)
    keep = Troubles(settings.home).keep
    configure_logs(settings.log_level, as_json=not sys.stderr.isatty(), keep=keep)
    ctx.obj = settings
    ctx.meta[TOLD_AS] = progress


def main() -> None:
    """Run `matinee`."""
    end_with_parent()
    collect_seldom()
    cli(prog_name="matinee")
