"""The whole way, step by step: from MovieLens in Kafka to a like that two replicas of the API have."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.demo.cluster import Cluster
from deploy.demo.errors import DemoError
from deploy.demo.servers import fetch, ran_before, running
from deploy.demo.story import Replicas, Told
from deploy.local.servers import Ports, ServerError
from matinee.cli.demo import print_list, print_moves
from matinee.errors import MatineeError


class Teller:
    """Tells each step once it is done, with its seconds; while it goes on, a terminal shows what is done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._number = 0
        self._begun = self._last = time.perf_counter()

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Callable[[str], None]]:
        """One step; call what it gives with what there is to tell. Errors say in which step they were."""
        self._number += 1
        lines: list[str] = []
        try:
            columns = (SpinnerColumn(), TextColumn("{task.description} …"), TimeElapsedColumn())
            with Progress(*columns, console=self.console, transient=True) as shown:
                shown.add_task(f"{name}: {doing}", total=None)
                yield lines.append
        except (ServerError, MatineeError) as error:
            kind = type(error) if isinstance(error, ServerError) else DemoError
            raise kind(f"step {self._number}, {name}: {error}") from error
        now = time.perf_counter()
        told = " ".join(lines)
        self.console.print(
            f"[bold]{self._number}  {name:<9}[/bold] {told} [dim]({now - self._last:.1f} s)[/dim]"
        )
        self._last = now

    @property
    def seconds(self) -> float:
        """Since the first step began."""
        return time.perf_counter() - self._begun


class Way(NamedTuple):
    """What is there at the end of the way: a cluster, and the addresses of its two replicas."""

    cluster: Cluster
    urls: list[str]


@contextmanager
def way(teller: Teller, home: Path, ports: Ports, paths: Sequence[Path]) -> Iterator[Way]:
    """All of it for what is done in here, over the servers of `home`; what was started is ended after.

    Raises MissingToolError and DemoError.
    """
    with teller.step("Jars", "fetching what is not here yet") as told:
        fetch(home)
        told("of the servers and of Spark are here")
    with ExitStack() as stack:
        with teller.step("Servers", "starting Kafka, HDFS and YARN") as told:
            before = ran_before(home)
            up = stack.enter_context(running(home, ports, before))
            told(", ".join(f"{name} at {server.address}" for name, server in up.items()))
            if before:
                told(f"({', '.join(before)} ran before, and will go on: make servers-down)")
        cluster = stack.enter_context(Cluster(up, home / "demo", f"demo-{time.time_ns() // 10**6}"))
        yield Way(cluster, _gone(teller, cluster, paths))


def _gone(teller: Teller, cluster: Cluster, paths: Sequence[Path]) -> list[str]:
    cluster.stream()
    with teller.step("Log", "sending MovieLens to Kafka, while Spark starts") as told:
        counts = [json.loads(cluster.run("data", "load", str(path.absolute()), "--json")) for path in paths]
        facts = sum(each["movies"] for each in counts)
        told(f"{sum(each['new events'] for each in counts):,} events, {facts:,} of them of facts of movies,")
        told("acknowledged by Kafka")
    with teller.step("Lake", "Spark on YARN writes it to HDFS") as told:
        rows = cluster.await_lake()
        told(
            f"{rows['events']:,} events of users and {rows['movies']:,} movies are on HDFS, by Spark on YARN;"
        )
        told(f"{rows['rejects']} rejected")
    with teller.step("Model", "Spark's MLlib fits ALS on YARN") as told:
        told(_trained(json.loads(cluster.run("train", "--engine", "spark", "--json"))))
    with teller.step("Replicas", "starting two") as told:
        urls = [cluster.serve(machine) for machine in ("replica-1", "replica-2")]
        told(f"{' and '.join(urls)}, each with an empty home")
    return urls


def _trained(trained: dict[str, Any]) -> str:
    figures = trained["figures"]
    told = f"{trained['version']}, published to HDFS"
    if "blend" in figures:
        told += f"; HR@10 {figures['blend']['hit_rate']['value']:.3f} on events held back from it"
    return told


def tell_story(teller: Teller, way: Way, person: str) -> None:
    """A like to one replica and one to the other: what both answer next, and when the lake has it."""
    console, replicas = teller.console, Replicas(*way.urls)
    try:
        first = replicas.agreed(person)
        console.print(f"\n[bold]User {person}[/bold], asked of both replicas ({first['kind']}):")
        print_list(first["recommendations"])
        _tell(console, replicas.like(person, 2, at=0), "one", "two")
        stranger = f"stranger-{time.time_ns() % 10**6}"
        told = replicas.like(stranger, 0, at=1)
        console.print(f"\n[bold]A stranger[/bold] gets what is popular ({told.kind}).")
        _tell(console, told, "two", "one")
    finally:
        replicas.close()
    began = time.perf_counter()
    rows = way.cluster.await_like(told.user, told.moved.liked["movie"])
    console.print(
        f"\nThe lake on HDFS has that like [bold]{'once' if rows == 1 else f'{rows} times'}[/bold], "
        f"{time.perf_counter() - began:.1f} s later, by Spark."
    )


def _tell(console: Console, told: Told, taking: str, other: str) -> None:
    moved = told.moved
    here, there = (
        f"[bold green]{each:.1f} ms[/bold green]" for each in (moved.milliseconds, told.other_milliseconds)
    )
    console.print(
        f"\nReplica {taking} is told that {told.user} [bold]likes {moved.liked['title']}[/bold]. "
        f"Durable in Kafka and in its next list in {here}, in that of replica {other} in {there}:"
    )
    print_moves(moved)
