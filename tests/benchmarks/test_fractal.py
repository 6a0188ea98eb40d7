"""The folder: what takes a MovieLens takes it, and it says what it is."""

from click.testing import CliRunner

from benchmarks.fractal import main
from matinee.evaluation.data import read_movielens
from matinee.events.types import Event
from matinee.sources.load import load
from tests.benchmarks.worlds import write

SIZE = ("--events", "400", "--users", "40", "--movies", "50")


def run(tmp_path, *arguments):
    source = tmp_path / "ml-tiny"
    given = source if source.exists() else write(source)
    out = tmp_path / "large"
    return out, CliRunner().invoke(main, ["--data", str(given), "--out", str(out), *SIZE, *arguments])


def test_the_loader_and_the_evaluation_read_all_of_it(tmp_path):
    out, answer = run(tmp_path)
    assert answer.exit_code == 0, answer.output
    events: list[Event] = []
    loaded = load(out, events.extend)
    assert (loaded.movies, loaded.ratings, loaded.unreadable) == (50, 400, 0)
    facts = {event.movie: event.facts for event in events if event.facts}
    assert facts["2000003"].title == "The Film 3 (synthetic 2)"
    assert facts["2000003"].year == 1943
    assert len(read_movielens(out).events) == 400


def test_it_says_what_it_is_and_what_it_is_like(tmp_path):
    out, answer = run(tmp_path)
    readme = (out / "README.md").read_text()
    assert readme.startswith("# Synthetic: 400 ratings of 50 movies by 40 users")
    assert "--events 400 --users 40 --movies 50 --seed 0" in readme
    assert answer.output.strip() in readme
    assert "| users | 12 | 40 |" in answer.output


def test_what_is_there_already_is_left_alone(tmp_path):
    out, _ = run(tmp_path)
    before = (out / "ratings.csv").read_bytes()
    _, answer = run(tmp_path, "--seed", "1")
    assert answer.exit_code == 1
    assert "is there already" in answer.output
    assert (out / "ratings.csv").read_bytes() == before
