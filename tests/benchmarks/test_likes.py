"""What is measured in one process on a trained home: it runs, and gives what the page reports."""

from pathlib import Path

import click
import msgspec
from click.testing import CliRunner

from benchmarks import fits, likes
from matinee.app import open_matinee


def printed(program: click.Command, home: Path) -> str:
    """What the program prints about this home."""
    answer = CliRunner().invoke(program, [str(home)], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_likes_are_folded_in_and_listed_and_not_sent(home: Path, monkeypatch):
    monkeypatch.setattr(likes, "NUMBER", 20)
    with open_matinee(home) as matinee:
        end = matinee.log.end()
    warm = msgspec.json.decode(printed(likes.main, home), type=likes.Warm)
    for each in (warm.fold_in, warm.listed):
        assert 0 < each.p50 <= each.p99
    with open_matinee(home) as matinee:
        assert matinee.log.end() == end


def test_the_fits_of_a_home_are_timed(home: Path):
    took = msgspec.json.decode(printed(fits.main, home), type=fits.Fits)
    assert 0 < took.sequence < took.everything
