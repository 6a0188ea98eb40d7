"""`python -m deploy.demo`: Kafka, Spark on YARN, Delta on HDFS, MLlib and two replicas, on this machine."""

import os
import shlex
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click

from deploy.demo.cluster import CHECKOUT
from deploy.demo.way import Teller, Way, tell_story, way
from deploy.local.__main__ import PortsType
from deploy.local.servers import HOME, MissingToolError, Ports, ServerError
from matinee.cli.show import console
from matinee.demo import DATA, PERSON
from matinee.stop import INTERRUPTED, Stop, set_by_signals

PATHS = [CHECKOUT / DATA / "ml-latest-small", CHECKOUT / DATA / "tmdb.csv"]


@click.command(epilog="Example: python -m deploy.demo --keep")
@click.option("--keep", is_flag=True, help="After the story go on until Ctrl-C.")
@click.option(
    "--home",
    default=HOME,
    show_default=".servers in the checkout",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the servers' data, logs and configuration.",
)
@click.option("--ports", type=PortsType(), help="The first of a row of ports, or free ones, for a new home.")
def demo(keep: bool, home: Path, ports: Ports) -> None:
    """Load MovieLens through Kafka and Spark into Delta on HDFS, train, serve twice, and like a movie.

    What it starts it stops; servers that run already go on.
    """
    for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell has it run in the background
        signal.signal(name, _interrupted)
    try:
        _demo(keep, home.absolute(), ports)
    except KeyboardInterrupt:
        click.echo("interrupted; what was started is stopped", err=True)
        sys.exit(INTERRUPTED)
    except ServerError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2 if isinstance(error, MissingToolError) else 1)


def _demo(keep: bool, home: Path, ports: Ports) -> None:
    teller = Teller(console)
    with way(teller, home, ports, PATHS) as made:
        tell_story(teller, made, PERSON)
        console.print(f"\n[dim]{teller.seconds:.1f} s in all.[/dim]")
        if keep:
            _stay(made)
    if keep:
        console.print("\nBye.")


def _interrupted(*_: object) -> NoReturn:
    # To stop takes its time. A print here could come into another that is under way.
    os.write(2, b"\nstopping what was started ...\n")
    raise KeyboardInterrupt


def _stay(made: Way) -> None:
    console.print("\nTo go on by hand, in another terminal:\n")
    for name, value in made.cluster.environment("worker").items():
        click.echo(f"  export {name}={shlex.quote(value)}")
    for number, url in enumerate(made.urls, 1):
        console.print(f"\n  replica {number}  {url}/v1/users/{PERSON}/recommendations?explain=true")
    console.print("\nCtrl-C ends it.")
    stop = Stop()
    with set_by_signals(stop):
        while not stop.wait(1.0):
            made.cluster.check()


if __name__ == "__main__":
    demo(prog_name="python -m deploy.demo")
