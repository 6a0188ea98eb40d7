"""The demo's verb: tells the story in the terminal."""

import sys
import time
from typing import Any

import click
from rich.table import Table

from matinee.app import Matinee
from matinee.cli.models import print_figures, print_tuned
from matinee.cli.opened import passing
from matinee.cli.show import console, counting
from matinee.cli.ui import missing_for_page
from matinee.demo import PERSON, Moved, Story, free_port, load_sample, running, show_page
from matinee.settings import Settings
from matinee.supervisor import Supervisor


@click.command(epilog="Example: matinee demo --once")
@click.option("--once", is_flag=True, help="End after the story; so it does without a terminal.")
@passing(Matinee)
def demo(app: Matinee, once: bool) -> None:
    """Load MovieLens, train, serve, and watch a like change a recommendation."""
    started = time.perf_counter()
    _prepare(app)
    settings = app.settings.with_(
        port=_free(app.settings.host, app.settings.port),
        ui_port=_free(app.settings.host, app.settings.ui_port),
    )
    with running(settings) as (url, supervisor):
        tell(url)
        console.print(f"\n[dim]{time.perf_counter() - started:.1f} s in all.[/dim]")
        if sys.stdout.isatty() and not once:
            _addresses(settings, url, _page(settings, supervisor))
            supervisor.run()
            console.print("\nBye.")
        elif not once:
            console.print("No terminal to end it from, so it ends; `matinee up` serves and shows the page.")


def _free(host: str, wanted: int) -> int:
    port = free_port(host, wanted)
    if port != wanted:
        console.print(f"Port {wanted} is in use; serving on {port} instead.")
    return port


def _prepare(app: Matinee) -> None:
    with counting("loading MovieLens") as progress:
        counts = load_sample(app, progress)
    if not counts:
        console.print("[bold]1  Log[/bold]     has MovieLens from before")
    else:
        sent = f"{counts['movies']:,} movies, {counts['ratings']:,} ratings"
        console.print(f"[bold]1  Log[/bold]     {sent} and TMDB's facts sent as events")
    with counting("streaming to the lake"):
        drained = app.stream().drain()
    new = f"{drained.events:,} events committed once each" if drained.events else "has them all"
    console.print(f"[bold]2  Lake[/bold]    {new}, {drained.rejects} rejected")
    if app.registry.active() is None:
        with counting("training") as progress:
            trained = app.train(progress)
        console.print(f"[bold]3  Model[/bold]   {trained.version}, on events held back from it:")
        print_figures(trained.figures)
        print_tuned(trained.options, app.settings.tuned)
    else:
        console.print(f"[bold]3  Model[/bold]   {app.registry.active()}, trained before")


def tell(url: str) -> None:
    """The story: a real user, a like, what moved; a stranger, one event, a personal list."""
    story = Story(url)
    try:
        first = story.recommendations(PERSON)
        console.print(f"\n[bold]User {PERSON}[/bold] has rated for years. What next? ({first['kind']})")
        print_list(first["recommendations"])
        moved = story.like(PERSON, first["recommendations"][2], first["recommendations"])
        console.print(
            f"\nNow the user [bold]likes {moved.liked['title']}[/bold]. "
            f"Sent, durable and recommended anew in [bold green]{moved.milliseconds:.1f} ms[/bold green]:"
        )
        print_moves(moved)
        stranger = f"stranger-{time.time_ns() % 10**6}"
        popular = story.recommendations(stranger)
        console.print(f"\n[bold]A stranger[/bold] gets what is popular ({popular['kind']}):")
        print_list(popular["recommendations"], reasons=False)
        moved = story.like(stranger, popular["recommendations"][0], popular["recommendations"])
        console.print(
            f"\nThe stranger likes [bold]{moved.liked['title']}[/bold]; "
            f"[bold green]{moved.milliseconds:.1f} ms[/bold green] later the list is about them:"
        )
        print_moves(moved)
    finally:
        story.close()


def print_list(movies: list[dict[str, Any]], *, reasons: bool = True) -> None:
    """A list, a line for each movie: its place, its name, and why it is there."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for rank, movie in enumerate(movies, 1):
        why = movie["why"] if reasons or movie.get("explored") else ""
        table.add_row(f"{rank:>4}", _name(movie), f"[dim]{why}[/dim]")
    console.print(table)


def print_moves(moved: Moved) -> None:
    """The list after a like, and beside each movie how it moved."""
    places = {movie["movie"]: rank for rank, movie in enumerate(moved.before, 1)}
    table = Table(box=None, pad_edge=False, show_header=False)
    for rank, movie in enumerate(moved.after, 1):
        table.add_row(
            f"{rank:>4}", _move(places.get(movie["movie"]), rank), _name(movie), f"[dim]{movie['why']}[/dim]"
        )
    console.print(table)
    left = {movie["movie"] for movie in moved.before} - {movie["movie"] for movie in moved.after}
    gone = [movie["title"] for movie in moved.before if movie["movie"] in left]
    console.print(f"[dim]     gone: {', '.join(gone)}[/dim]")


def _move(before: int | None, now: int) -> str:
    if before is None:
        return "[green]new[/green]"
    if before == now:
        return "[dim] = [/dim]"
    return f"[green]▲ {before - now}[/green]" if now < before else f"[red]▼ {now - before}[/red]"


def _name(movie: dict[str, Any]) -> str:
    return f"{movie['title']} ({movie['year']})" if movie["year"] else str(movie["title"])


def _page(settings: Settings, supervisor: Supervisor) -> str:
    if missing := missing_for_page():
        return f"none: {missing}"
    with counting("starting the web page"):
        there = show_page(settings, supervisor)
    return f"{there}/?user={PERSON}" if there else f"none: see {settings.home}/logs/ui.log"


def _addresses(settings: Settings, url: str, page: str) -> None:
    console.print(f"\n  page      [bold]{page}[/bold]")
    console.print(f"  API       {url}/docs")
    console.print(f"  a list    {url}/v1/users/{PERSON}/recommendations?explain=true")
    console.print(f"  metrics   {url}/metrics")
    console.print(f"  data      {settings.home}")
    console.print("\nCtrl-C ends it.")
