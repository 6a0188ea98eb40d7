"""Autocomplete over HTTP: one person types, a request after each letter, among the checkout's 9,742 movies.

Twelve titles as people type them, half of them with a slip or an accent. The rival is the usual endpoint,
SQLite's LIKE behind FastAPI, asked the same in the same run. The note says how many movies each found. Then
the same once more with ten people a movie, whose names are invented.
"""

import random
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import numpy as np

from benchmarks import server
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get, post
from benchmarks.machine import CHECKOUT
from benchmarks.result import Result
from benchmarks.server import Server

RIVAL = "FastAPI + SQLite LIKE"
_DATA = CHECKOUT / "data"
_ROUNDS = 10
_GOAL = 20.0
_K = 8
_PEOPLE, _NAMES = 10, 25_000
_PATIENCE = 120.0
_TITLES = (
    ("the matrix", "2571"),
    ("toy story", "1"),
    ("lord of the rings", "4993"),
    ("spirited away", "5618"),
    ("star wars", "260"),
    ("twelve monkeys", "32"),
    ("shawshank redemtion", "318"),
    ("pulp fictoin", "296"),
    ("back too the future", "1270"),
    ("jurrasic park", "480"),
    ("pirates of the carribean", "6539"),
    ("amélie poulain", "4973"),
)
"""What is typed, and the movie that is meant."""


class Typed(NamedTuple):
    """Milliseconds of each request, and how many of the movies meant were found at the last letter."""

    milliseconds: list[float]
    found: int


def run(context: Context) -> list[Result]:
    """Milliseconds from a letter to what is suggested."""
    rounds = context.some(_ROUNDS)
    folder = context.folder / "search"
    folder.mkdir()
    small = Context(folder, _DATA / "ml-latest-small", context.workers)
    with small.home() as home:
        server.call(["-m", "matinee", "data", "load", str(_DATA / "tmdb.csv")], home)
        server.call(["-m", "matinee", "stream", "--once"], home)
        with server.matinee(home, context.workers) as ours:
            mine = _typed(ours, rounds)
            _tell_people(ours, small.movies)
            with_people = _typed(ours, rounds)
        with server.rival("usual_search", str(small.source), home, context.workers) as usual:
            theirs = _typed(usual, rounds)
    letters = sum(len(title) for title, _ in _TITLES)
    note = (
        f"{len(_TITLES)} titles letter by letter, {letters} requests, {rounds} times over, k={_K}, "
        f"one at a time; at the last letter ours had found {mine.found} of the {len(_TITLES)} movies meant, "
        f"the rival {theirs.found}"
    )
    known = {"data": f"{small.data}, with TMDB's facts", "command": "make bench ARGS=search"}
    found = f"with {_PEOPLE} invented people a movie it had found {with_people.found}"
    return [
        Result(
            figure=f"{figure}: p{percentile}",
            value=float(np.percentile(typed.milliseconds, percentile)),
            unit="ms",
            goal=_GOAL if percentile == 95 else None,
            rival=RIVAL,
            rival_value=float(np.percentile(theirs.milliseconds, percentile))
            if typed is mine
            else "no people",
            note=f"{note}; {found}",
            **known,
        )
        for figure, typed in (("autocomplete", mine), ("autocomplete, with people", with_people))
        for percentile in (50, 95)
    ]


def _tell_people(service: Server, movies: Sequence[str]) -> None:
    """Send who plays in which movie, and wait until search knows it."""
    casts = list(zip(movies, _casts(), strict=False))
    events = [{"type": "movie", "movie": movie, "facts": {"people": cast}} for movie, cast in casts]
    last = quote(casts[-1][1][0])
    with Client(service.port) as client:
        for start in range(0, len(events), 500):
            body = msgspec.json.encode(events[start : start + 500])
            client.send(post(f"{service.prefix}/events", body)).json()
        until = time.monotonic() + _PATIENCE
        while not client.send(get(f"{service.prefix}/movies?q={last}")).json()["recommendations"]:
            if time.monotonic() > until:
                raise BenchmarkError(f"search does not know {last} after {_PATIENCE:g} s")
            time.sleep(0.1)


def _casts() -> Iterator[list[str]]:
    """One after the other, who plays in a movie: few are in many, most in one or two, as by Pareto."""
    chance = random.Random(7)

    def word(least: int, most: int) -> str:
        syllables = (
            chance.choice("bcdfghklmnprstvw") + chance.choice("aeiou")
            for _ in range(chance.randint(least, most))
        )
        return "".join(syllables).title() + chance.choice(("", "n", "r", "s"))

    first, last = [word(1, 3) for _ in range(1500)], [word(2, 4) for _ in range(9000)]
    people = [f"{chance.choice(first)} {chance.choice(last)}" for _ in range(_NAMES)]
    while True:
        places = {min(int(chance.paretovariate(0.6) * 30), _NAMES - 1) for _ in range(_PEOPLE)}
        yield [people[place] for place in sorted(places)]


def _typed(service: Server, rounds: int) -> Typed:
    """Every title typed `rounds` times, after once that is not counted."""
    with Client(service.port) as client:
        found = sum(_means(client, service, title, movie) for title, movie in _TITLES)
        requests = [
            _request(service, title[:end]) for title, _ in _TITLES for end in range(1, len(title) + 1)
        ]
        _milliseconds(client, requests)
        return Typed(_milliseconds(client, requests * rounds), found)


def _request(service: Server, typed: str) -> bytes:
    return get(f"{service.prefix}/movies?k={_K}&q={quote(typed)}")


def _means(client: Client, service: Server, title: str, movie: str) -> bool:
    answer = client.send(_request(service, title)).json()
    listed = answer["recommendations"] if isinstance(answer, dict) else answer
    return movie in [each["movie"] for each in listed]


def _milliseconds(client: Client, requests: Sequence[bytes]) -> list[float]:
    took = []
    for request in requests:
        began = time.perf_counter_ns()
        client.send(request)
        took.append((time.perf_counter_ns() - began) / 1e6)
    return took
