"""`python -m deploy.local up|down|clean|status [NAME ...]`: real servers, without containers."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from deploy.local import servers
from deploy.local.servers import HOME, SERVERS, MissingToolError, Ports, Process, ServerError


class Verbs(click.Group):
    """A group in which an error of ours is a line on standard error; a missing tool ends with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted; what was being started is stopped", err=True)
            sys.exit(130)
        except ServerError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2 if isinstance(error, MissingToolError) else 1)
        except BrokenPipeError:  # whoever reads has enough: click ends quietly
            raise
        except OSError as error:  # of a home or a cache that cannot be used
            click.echo(f"Error: {error}; mend its rights, make room, or name another --home", err=True)
            sys.exit(1)


class PortsType(click.ParamType[Ports]):
    """The first port of a row, or `free`."""

    name = "BASE|free"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Ports:
        """As `servers.up` takes it."""
        return "free" if value == "free" else click.IntRange(1024, 65000).convert(value, param, ctx)


names = click.argument("names", nargs=-1, type=click.Choice(list(SERVERS)))
home = click.option(
    "--home",
    default=HOME,
    show_default=".servers in the checkout",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of their data, logs and configuration.",
)


@click.group(cls=Verbs, epilog="Example: python -m deploy.local up kafka")
def cli() -> None:
    """Start and stop real servers on this machine, without containers. Without NAMES: all of them."""


@cli.command(epilog="Example: python -m deploy.local up kafka --home /tmp/second --ports free")
@names
@home
@click.option("--ports", type=PortsType(), help="The first of a row of ports, or free ones, for a new home.")
def up(names: tuple[str, ...], home: Path, ports: Ports) -> None:
    """Start servers, and those that they need, and wait until they do their work."""
    for name in _chosen(names):
        with _told() as say:
            running = servers.up(name, home, ports, say)
        click.echo(f"{name} {'is' if running.started else 'was already'} up: {running.address}")
        _show(running.processes)
        for variable, value in running.environment.items():
            click.echo(f"  export {variable}={value}")


@cli.command(epilog="Example: python -m deploy.local down")
@names
@home
def down(names: tuple[str, ...], home: Path) -> None:
    """Stop servers. Their data stays."""
    for name in reversed(_chosen(names)):
        click.echo(f"{name} {'is down' if servers.down(name, home) else 'did not run'}")


@cli.command(epilog="Example: python -m deploy.local clean kafka")
@names
@home
def clean(names: tuple[str, ...], home: Path) -> None:
    """Stop servers and delete their data and logs. What was fetched stays."""
    for name in reversed(_chosen(names)):
        click.echo(f"{name} {'is gone with its data' if servers.clean(name, home) else 'was not there'}")


@cli.command(epilog="Example: python -m deploy.local status")
@names
@home
def status(names: tuple[str, ...], home: Path) -> None:
    """Say which servers do their work, where they listen, and where they log."""
    for name in _chosen(names):
        running = servers.find(name, home)
        alive = [process for process in servers.processes(name, home) if process.pid]
        state = f"is up: {running.address}" if running else "runs, but does no work" if alive else "is down"
        click.echo(f"{name} {state}")
        _show(alive)


def _show(processes: Iterable[Process]) -> None:
    for process in processes:
        click.echo(f"  {process.name}: process {process.pid}, log {process.log}")


def _chosen(names: tuple[str, ...]) -> list[str]:
    return [name for name in SERVERS if not names or name in names]


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, while it is."""
    with Console(stderr=True).status("") as line:
        yield line.update


if __name__ == "__main__":
    cli(prog_name="python -m deploy.local")
