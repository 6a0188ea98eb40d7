"""The verb of the lake: stream."""

import click

from matinee.cli.opened import passing
from matinee.cli.show import ENGINES, as_json, counting, show_one
from matinee.pipeline import Pipeline
from matinee.stop import Stop, set_by_signals
from matinee.stream.commit import Committed, Drained


@click.command(epilog="Example: matinee stream --once, or on Spark: matinee stream --engine spark")
@click.option("--once", is_flag=True, help="End when the lake has everything that the log has.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="local", help="Who does it: this process, or Spark."
)
@as_json
@passing(Pipeline)
def stream(app: Pipeline, once: bool, engine: str, as_json: bool) -> None:
    """Commit the log's events to the lake, exactly once, and keep following."""
    if once:
        show_one(_drain(app, engine)._asdict(), as_json=as_json)
        return
    stop = Stop()
    with app.streaming(engine) as runner, set_by_signals(stop):
        runner.follow(stop)


def _drain(app: Pipeline, engine: str) -> Drained:
    with counting("streaming") as progress:

        def report(done: Committed) -> None:
            progress("committing", min(sum(done.position), end), end)

        with app.streaming(engine, report) as runner:
            end = sum(app.log.end())
            return runner.drain()
