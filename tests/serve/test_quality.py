"""The rolling figures are what their definition says, in however many processes they are counted."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.metrics import MISSED
from matinee.serve.quality import FADING, OUTCOMES, LiveQuality, Quality
from matinee.serve.recommender import Ranks
from tests import support

places = st.one_of(st.integers(0, 20), st.just(MISSED))
judged = st.lists(st.builds(Ranks, st.integers(0, 2), places, places), max_size=40)

HOLDER = """
import sys
from pathlib import Path
from matinee.serve.quality import LiveQuality
from matinee.serve.recommender import Ranks
quality = LiveQuality(2, Path(sys.argv[1]))
print(quality.claim(), quality.place, flush=True)
if quality.place is not None:
    quality.add(Ranks(1, 0, 20))
    print("added", flush=True)
sys.stdin.read()
"""


def gains(place: int) -> tuple[float, float, float]:
    return (
        float(place < 10),
        1 / np.log2(place + 2) if place < 10 else 0.0,
        0.0 if place == MISSED else 1 / (place + 1),
    )


def figures(quality: LiveQuality) -> dict[tuple[str, str], Quality]:
    return {(each.users, each.model): each for each in quality.figures()}


@given(judged)
def test_the_figures_are_the_weighted_means_of_the_definition(ranks):
    quality = LiveQuality()
    for each in ranks:
        quality.add(each)
    for users, own in (
        ("returning", [each for each in ranks if each.events]),
        ("new", [each for each in ranks if not each.events]),
    ):
        weights = FADING ** np.arange(len(own))[::-1]
        for model, stood in (("blend", [e.own for e in own]), ("popular", [e.popular for e in own])):
            found = figures(quality)[users, model]
            assert found.judged == len(own)
            if not own:
                assert (found.hit_rate.value, found.ndcg.error, found.events) == (None, None, 0)
                continue
            assert found.events == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
            gained = np.array([gains(place) for place in stood])
            for estimate, x in zip((found.hit_rate, found.ndcg, found.mrr), gained.T, strict=True):
                mean = np.average(x, weights=weights)
                assert estimate.value == pytest.approx(mean)
                if len(own) == 1:
                    assert estimate.error is None
                else:
                    variance = np.average((x - mean) ** 2, weights=weights)
                    error = np.sqrt(variance / (found.events - 1))
                    assert estimate.error == pytest.approx(error, abs=1e-6)


@given(judged, judged)
def test_two_processes_count_together(mine, theirs):
    together = LiveQuality(2)
    for place, ranks in enumerate((mine, theirs)):
        together.place = place
        for each in ranks:
            together.add(each)
        together.count("not-live", 3)
    alone = [LiveQuality(), LiveQuality()]
    for quality, ranks in zip(alone, (mine, theirs), strict=True):
        for each in ranks:
            quality.add(each)
    weights = [sum(FADING**n for n in range(sum(e.events > 0 for e in ranks))) for ranks in (mine, theirs)]
    if sum(weights):
        values = [figures(quality)["returning", "blend"].mrr.value or 0.0 for quality in alone]
        expected = np.average(values, weights=weights)
        assert figures(together)["returning", "blend"].mrr.value == pytest.approx(expected)
    assert together.outcomes() == dict.fromkeys(OUTCOMES, 0) | {
        "judged": len(mine) + len(theirs),
        "not-live": 6,
    }


def holder(folder: Path) -> "subprocess.Popen[str]":
    """A process that has a row, if there is one, until it is killed."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        env=support.environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="rows are told apart by locks of POSIX")
def test_each_process_has_a_row_and_who_takes_one_over_goes_on_with_it(tmp_path):
    first, second = holder(tmp_path), None
    try:
        assert [said(first), said(first)] == ["True 0", "added"]
        mine = LiveQuality(2, tmp_path)
        assert mine.claim()
        assert mine.claim()
        assert mine.place == 1
        mine.add(Ranks(1, 5, 0))
        second = holder(tmp_path)
        assert said(second) == "False None"
        ended(second)
        ended(first)
        second = holder(tmp_path)
        assert [said(second), said(second)] == ["True 0", "added"]
        assert mine.outcomes()["judged"] == 3
        assert figures(mine)["returning", "blend"].hit_rate.value == 1.0
        mine.close()
        assert not mine.claim()
    finally:
        for process in (first, second):
            if process is not None:
                ended(process)
