"""Verbs that keep running: stream, up."""

import time
from datetime import UTC, datetime

import click

from matinee.app import Matinee
from matinee.cli.opened import pass_matinee
from matinee.cli.show import as_json, counting, show_one
from matinee.server import check_free
from matinee.stop import Stop, set_by_signals
from matinee.stream.commit import Committed, Drained
from matinee.supervisor import Part, Supervisor

ENGINES = ("local", "spark")


@click.command(epilog="Example: matinee stream --once")
@click.option("--once", is_flag=True, help="End when the lake has everything that the log has.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="local", help="Who does it: this process, or Spark."
)
@as_json
@pass_matinee
def stream(app: Matinee, once: bool, engine: str, as_json: bool) -> None:
    """Commit the log's events to the lake, exactly once, and keep following."""
    if once:
        show_one(_drain(app, engine)._asdict(), as_json=as_json)
        return
    stop = Stop()
    with app.streaming(engine) as runner, set_by_signals(stop):
        runner.follow(stop)


def _drain(app: Matinee, engine: str) -> Drained:
    with counting("streaming") as progress:
        end = sum(app.log.end())

        def report(done: Committed) -> None:
            progress("committing", sum(done.position), end)

        with app.streaming(engine, report) as runner:
            return runner.drain()


@click.command(epilog="Example: matinee up")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="How many API processes.")
@pass_matinee
def up(app: Matinee, port: int | None, workers: int | None) -> None:
    """Everything in one command: the API, the stream, and a training a day after the last one."""
    settings = app.settings.with_(port=port, workers=workers)
    check_free(settings.host, settings.port)
    parts = [
        Part("serve", ["serve"]),
        Part("stream", ["stream"]),
        Part("train", ["train"], every=settings.train_every, due=time.monotonic() + _until_training(app)),
    ]
    with Supervisor(parts, settings) as supervisor:
        click.echo(f"starting; soon at http://{settings.host}:{settings.port}  (Ctrl-C ends it)", err=True)
        supervisor.run()


def _until_training(app: Matinee) -> float:
    """Seconds until the newest model is so old that another one is due; 0 without a model."""
    created = [datetime.fromisoformat(each.manifest["created"]) for each in app.registry.versions()]
    if not created:
        return 0.0
    age = (datetime.now(UTC) - max(created)).total_seconds()
    return min(max(app.settings.train_every - age, 0.0), app.settings.train_every)
