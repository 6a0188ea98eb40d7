"""`matinee`: the verbs of the product. Each opens the wiring, calls one function and shows its result."""

import sys
from pathlib import Path
from typing import Any

import click

import matinee
from matinee.app import open_matinee
from matinee.cli.ask import recommend, search, similar
from matinee.cli.bench import bench
from matinee.cli.data import data, replay, simulate
from matinee.cli.demo import demo
from matinee.cli.doctor import doctor
from matinee.cli.evaluate import evaluate
from matinee.cli.models import models, train
from matinee.cli.run import serve, stream, up
from matinee.cli.show import INTERRUPTED
from matinee.cli.tune import tune
from matinee.cli.users import users
from matinee.errors import MatineeError
from matinee.garbage import collect_seldom
from matinee.parent import end_with_parent
from matinee.telemetry import configure_logs


class Verbs(click.Group):
    """A group in which an error of ours, or of a folder, is a line on standard error, and no traceback."""

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
@click.pass_context
def cli(ctx: click.Context, home: Path | None) -> None:
    """Real-time movie recommendations: an event changes its user's next recommendation, in milliseconds."""
    app = open_matinee(home)
    configure_logs(app.settings.log_level, as_json=not sys.stderr.isatty())
    ctx.obj = ctx.with_resource(app)


for verb in (
    demo, data, simulate, replay, stream, train, tune, evaluate, models, serve, up, recommend, similar,
    search, users, doctor, bench
):  # fmt: skip
    cli.add_command(verb)


def main() -> None:
    """Run `matinee`."""
    end_with_parent()
    collect_seldom()
    cli(prog_name="matinee")
