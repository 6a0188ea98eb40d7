"""Sizes are read, kept and not measured twice; exponents are those of the law that was put in."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import grown, report
from benchmarks.cost import Cost
from benchmarks.grown import Grown, Serving
from benchmarks.growth import main
from benchmarks.likes import Warm
from benchmarks.machine import describe
from benchmarks.percentiles import Percentiles


def size(events=1_000_000, movies=3_000, **changes):
    law = Cost(1e-6 * events * movies**2, 3e-6 * events, 5.0 * events**0.5)
    fields = {
        "events": events,
        "users": events // 145,
        "movies": movies,
        "machine": describe(),
        "date": "2026-11-21",
        "load": law,
        "stream": law,
        "train": law,
        "model": 1e6,
        "home": 1e7,
        "hit_rates": {"blend": 0.2, "popular": 0.1},
        "warm": Warm(fold_in=Percentiles(p50=20.0, p99=80.0), listed=Percentiles(p50=2_500.0, p99=4e3)),
        "serving": Serving(
            workers=2,
            ready=1.0,
            starting=1e9,
            memory=5e9,
            first=Percentiles(p50=1.0, p99=2.0),
            anew=Percentiles(p50=1.0, p99=2.0),
        ),
    }
    return Grown(**(fields | changes))


def test_the_exponent_is_that_of_the_law():
    sizes = [size(events, movies) for events in (10**6, 4 * 10**6) for movies in (3_000, 9_000, 27_000)]
    by = grown.exponents(sizes, "train.seconds")
    assert by["events, 3k movies"] == pytest.approx(1)
    assert by["movies, 4m events"] == pytest.approx(2)
    assert grown.exponents(sizes, "train.memory")["events, 27k movies"] == pytest.approx(0.5)
    assert grown.exponents(sizes, "model")["movies, 1m events"] == pytest.approx(0)


def test_one_size_alone_has_no_exponent():
    assert grown.exponents([size()], "model") == {}
    assert "exponents" not in report.growth([size()])


def test_what_is_kept_comes_back_in_order_of_size(tmp_path):
    kept = [size(1_000_000, 27_000), size(20_000_000), size(1_000_000)]
    for each in kept:
        grown.write(each, tmp_path)
    assert grown.read(tmp_path) == [kept[2], kept[0], kept[1]]
    assert (tmp_path / "20m-3k.json").exists()


def test_the_table_has_a_row_for_each_size_and_says_which_goals_are_missed():
    page = report.render([], [size(), size(20_000_000, 27_000)])
    assert "| 1m-3k | 6,896 |" in page
    assert "Goal at 20m-27k, memory of the API: 5 GB, ≤ 4 **missed**." in page
    assert "Goal at 20m-27k, fold-in of one event, p50: 20 µs, ≤ 200 met." in page
    assert "Goal at 20m-27k, scores and top ten of a warm user, p50: 2.5 ms, ≤ 2 **missed**." in page
    assert "Goal at 20m-27k, peak memory of that: 2.24e-05 GB, ≤ 16 met." in page
    assert "2 workers: 1m-3k (load " in page
    assert "Nothing is measured yet" not in page


def test_what_was_trained_and_not_yet_served_is_shown_without_the_api():
    page = report.growth([size(20_000_000, 27_000, warm=None, serving=None), size()])
    assert "memory of the API:" not in page
    assert "| 20m-27k | 137,931 |" in page
    assert grown.exponents([size(), size(2_000_000, serving=None)], "serving.ready") == {}


def test_what_was_measured_is_not_measured_again(tmp_path):
    before = grown.write(size(), tmp_path).read_bytes()
    answer = CliRunner().invoke(
        main, ["--size", "1m-3k", "--results", str(tmp_path), "--data", str(Path(__file__))]
    )
    assert answer.exit_code == 0, answer.output
    assert "| 1m-3k |" in answer.output
    assert (tmp_path / "1m-3k.json").read_bytes() == before


def test_what_is_no_size_is_refused_with_an_example():
    answer = CliRunner().invoke(main, ["--size", "large"])
    assert answer.exit_code == 2
    assert "20m-27k" in answer.output
