"""Tuning as a whole: what it sees, what it finds, what it keeps, and what it says of it."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.errors import SettingError, TrainingError
from matinee.evaluation.contenders import contender
from matinee.evaluation.data import Data, checksum
from matinee.evaluation.evaluate import RANKING, evaluate
from matinee.evaluation.metrics import WORTH, Worth
from matinee.evaluation.trial import ALL, Slice, asked
from matinee.progress import silent
from matinee.training.contender import WITH_BLEND
from matinee.training.tuned import read_tuned
from matinee.training.tuning import tune as tuning
from matinee.training.tuning.objective import SLICES, Objective
from matinee.training.tuning.search import search
from matinee.training.tuning.tried import best
from matinee.training.tuning.tune import load_search, tune
from matinee.training.tuning.worth import gain
from tests.evaluation.worlds import lives
from tests.training.tuning import made_up
from tests.training.tuning.made_up import CONTENDERS, SHOWN, MadeUpOptions

WORLD = lives(40, 20)
LONG = lives()
"""Lives long enough for every protocol."""
BY_TIME = ("live", "live-early", "last", "new-movies")


def objective(name: str = "made-up", protocol: str = "live", data: Data = WORLD, seed: int = 0) -> Objective:
    return Objective.of(data, protocol, name, seed, {**WITH_BLEND, **CONTENDERS})


def tuned(folder, made: Objective, trials: int = 14) -> Any:
    return tune(load_search(), made, folder / "tuning", folder / "tuned.json", trials, silent)


def after_the_cut(data: Data) -> tuple[float, pl.Expr]:
    cut = data.events["at"].quantile(0.9, "linear")
    assert cut is not None
    return float(cut), pl.col("at") > cut


@settings(max_examples=4, deadline=None)
@given(random=st.randoms(use_true_random=False), protocol=st.sampled_from(["live", "live-early", "last"]))
def test_whatever_happens_after_the_cut_tuning_finds_the_same(random, protocol, tmp_path_factory):
    """What is after the cut may change in everything but the times, which are where the cut comes from.

    Users and movies that have enough events before it stay in the core, so that the cut stays where it is.
    """
    cut, after = after_the_cut(WORLD)
    change = {
        "user": pl.lit(f"u{random.randrange(40):03}"),
        "movie": pl.lit(f"m{random.randrange(20):02}"),
        "strength": pl.lit(random.choice([-1.0, 0.0, 1.0]), pl.Float32),
        "value": pl.lit(random.choice([0.5, 5.0])),
    }
    events = WORLD.events.with_columns(
        **{name: pl.when(after).then(new).otherwise(name) for name, new in change.items()}
    )
    changed = Data("world", events, WORLD.facts, checksum(events, WORLD.facts))
    assert changed.sha256 != WORLD.sha256
    results = []
    for data in (WORLD, changed):
        SHOWN.clear()
        found = tuned(tmp_path_factory.mktemp("home"), objective(protocol=protocol, data=data), 6)
        assert max(at for each in SHOWN for at in each) <= cut
        results.append(found.result() | {"data": None})
    assert json.dumps(results[0]) == json.dumps(results[1])


@pytest.mark.parametrize("protocol", BY_TIME)
def test_no_event_after_the_cut_is_ever_shown_to_a_trial(protocol, tmp_path):
    cut, _ = after_the_cut(WORLD)
    SHOWN.clear()
    tuned(tmp_path, objective(protocol=protocol), 3)
    assert SHOWN
    assert max(at for each in SHOWN for at in each) <= cut


@pytest.mark.parametrize("protocol", ["strong", "first-events"])
def test_no_event_of_the_people_of_the_test_is_ever_shown_to_a_trial(protocol, tmp_path):
    protected = RANKING[protocol].trial(LONG, "test", 0, RANKING[protocol].options)
    SHOWN.clear()
    model = contender("made-up", CONTENDERS, 0).fit(protected.given, {})
    SHOWN.clear()
    assert sum(1 for _ in protected.answers(model)) == protected.n
    of_the_test = {at for each in SHOWN for at in each}
    SHOWN.clear()
    tuned(tmp_path, objective(protocol=protocol, data=LONG), 2)
    assert of_the_test
    assert not of_the_test & {at for each in SHOWN for at in each}


@pytest.mark.parametrize("protocol", RANKING)
def test_slices_of_the_users_are_together_all_of_them(protocol):
    by = RANKING[protocol]
    trial = by.trial(LONG, "validation", 0, by.options)
    model = made_up.Noisy(len(trial.movies), MadeUpOptions())
    parts = [WORTH[by.figure](asked(trial, model, Slice(number, 3))) for number in range(3)]
    whole = WORTH[by.figure](asked(trial, model, ALL))
    assert whole.figure.value == pytest.approx(Worth.joined(parts).figure.value)
    assert whole.figure.error == pytest.approx(Worth.joined(parts).figure.error)
    assert not {*parts[0].users} & {*parts[1].users}
    accuracy = trial.accuracy(asked(trial, model))[by.figure]
    assert whole.figure == accuracy


def test_what_is_found_is_what_evaluation_says_of_it_on_the_validation(tmp_path):
    found = tuned(tmp_path, objective())
    known = {**WITH_BLEND, **CONTENDERS}
    row = evaluate(WORLD, "live", [found.model], on="validation", contenders=known).row(found.model)
    assert row.accuracy["NDCG@10"] == pytest.approx(found.gain.best)
    assert best(found.tried).figure == pytest.approx(found.gain.best.value)
    json.loads(found.as_bytes(), parse_constant=pytest.fail)


def test_the_setting_that_matters_is_worth_something_and_the_idle_one_nothing(tmp_path):
    found = tuned(tmp_path, objective())
    gained = gain(objective(data=LONG), MadeUpOptions(noise=0.0, idle=7), silent)
    rows = {each.name: each for each in gained.settings}
    assert rows["idle"].worth == (0, 0)
    assert rows["idle"].without == gained.best
    assert not rows["idle"].taken
    assert gained.options == MadeUpOptions(noise=0.0)
    noise = rows["noise"].worth
    assert noise is not None
    assert noise.value > 2 * noise.error > 0
    assert rows["noise"].without == gained.default
    assert rows["noise"].taken
    assert noise == gained.worth
    assert found.settings["noise"] < 1
    assert found.gain.worth.value > 0


def test_the_worth_is_that_of_pairs_clustered_by_user():
    made = objective()
    one, other = made.worth(MadeUpOptions(noise=0.0)), made.worth(MadeUpOptions())
    apart = np.hypot(one.figure.error, other.figure.error)
    over = one.over(other)
    assert over.value == pytest.approx(one.figure.value - other.figure.value)
    sums = [float(np.sum((one.each - other.each - over.value)[one.users == user])) for user in set(one.users)]
    assert over.error == pytest.approx(np.sqrt(np.sum(np.square(sums))) / len(one.each))
    assert over.error != pytest.approx(apart)


def test_the_first_trial_is_the_defaults_so_nothing_found_is_worse(tmp_path):
    tried = search(objective(), tmp_path / "a.journal", 3, silent)
    assert tried[0].options == MadeUpOptions()
    assert (best(tried).figure or 0) >= (tried[0].figure or 0)
    assert len({each.options for each in tried}) == 3


def test_the_same_seed_finds_the_same_whether_interrupted_or_not(tmp_path):
    whole = search(objective(), tmp_path / "a.journal", 12, silent)
    for trials in (2, 11):
        assert search(objective(), tmp_path / "b.journal", trials, silent) == whole[:trials]
    assert search(objective(), tmp_path / "b.journal", 12, silent) == whole
    assert search(objective(), tmp_path / "b.journal", 5, silent) == whole
    assert search(objective(seed=1), tmp_path / "c.journal", 2, silent) != whole[:2]


def test_an_interrupted_trial_is_no_trial(tmp_path):
    def interrupt(what, done, total):
        if done > 2.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(objective(), tmp_path / "a.journal", 6, interrupt)
    kept = (tmp_path / "a.journal").read_bytes()
    tried = search(objective(), tmp_path / "a.journal", 6, silent)
    assert (tmp_path / "a.journal").read_bytes().startswith(kept)
    whole = search(objective(), tmp_path / "b.journal", 6, silent)
    assert tried == whole


def test_bad_trials_are_stopped_early(tmp_path):
    SHOWN.clear()
    tried = search(objective(data=LONG), tmp_path / "a.journal", 12, silent)
    stopped = [each for each in tried if each.outcome == "stopped"]
    assert stopped
    assert all(each.figure is None for each in stopped)
    starts = [n for n, each in enumerate(SHOWN) if len(each) == max(map(len, SHOWN))]
    lengths = np.diff([*starts, len(SHOWN)])
    full = [length for length, each in zip(lengths, tried, strict=True) if each.outcome == "finished"]
    early = [length for length, each in zip(lengths, tried, strict=True) if each.outcome == "stopped"]
    assert len(set(full)) == 1
    assert max(early) < full[0]


def test_a_trial_that_makes_no_model_is_a_failed_one_not_the_end(tmp_path):
    found = tuned(tmp_path, objective("fussy"), 12)
    assert found.tried[0].outcome == "failed"
    assert "too low" in (found.tried[0].reason or "")
    assert found.outcomes["finished"] > 0
    assert found.gain.default is found.gain.worth is None
    assert found.settings["level"] >= 0.5
    json.loads(found.as_bytes())


def test_scores_that_are_no_numbers_fail_a_trial():
    class Nothing(made_up.Noisy):
        def scores(self, state, at=None):
            return np.full_like(self._scores[0], np.nan)

    trial = RANKING["live"].trial(WORLD, "validation", 0, RANKING["live"].options)
    with pytest.raises(TrainingError, match="no numbers"):
        asked(trial, Nothing(len(trial.movies), MadeUpOptions()))


@pytest.mark.parametrize(
    ("name", "protocol", "error", "words"),
    [
        ("made_up", "live", SettingError, "did you mean made-up"),
        ("made-up:noise=1", "live", SettingError, "give the name alone"),
        ("made-up-frozen", "live", SettingError, "give the name alone"),
        ("plain", "live", SettingError, "plain has no options to be searched"),
        ("blend", "live", SettingError, "no options to be searched"),
        ("made-up", "rating", SettingError, "known: live, "),
    ],
)
def test_what_cannot_be_searched_is_told(name, protocol, error, words):
    with pytest.raises(error, match=words):
        objective(name, protocol)


def test_a_search_without_a_single_model_is_told(tmp_path):
    with pytest.raises(TrainingError, match=r"no trial made a model, .* singular"):
        tuned(tmp_path, objective("hopeless"), 2)


def test_a_file_that_is_no_search_is_told(tmp_path):
    file = tmp_path / "a.journal"
    file.write_text("nonsense\nand more of it\n")
    with pytest.raises(TrainingError, match="remove it to begin anew"):
        search(objective(), file, 1, silent)


def test_half_a_line_that_a_power_cut_left_is_cut_off(tmp_path):
    file = tmp_path / "a.journal"
    search(objective(), file, 3, silent)
    whole = file.read_bytes()
    for left in (10, 200):
        file.write_bytes(whole[:-left])
        assert search(objective(), file, 3, silent) == search(objective(), tmp_path / "b.journal", 3, silent)


def test_two_processes_do_not_search_with_one_file_at_once(tmp_path):
    pytest.importorskip("fcntl")
    file = tmp_path / "a.journal"

    def at_once(what, done, total):
        search(objective(), file, 1, silent)

    with pytest.raises(TrainingError, match="another process"):
        search(objective(), file, 1, at_once)


def test_another_name_of_the_data_is_the_same_search_and_other_data_are_another():
    made = objective()
    assert objective(data=WORLD._replace(name="elsewhere")).name == made.name
    others = [objective(data=WORLD._replace(sha256="other")), objective(seed=1), objective(protocol="last")]
    assert len({made.name, *(each.name for each in others)}) == 4


def test_only_what_training_fits_and_is_surely_better_is_kept_for_it(tmp_path, monkeypatch):
    signed, file = WORLD._replace(signed=True), tmp_path / "tuned.json"
    tuned(tmp_path, objective(data=signed), 12)
    found = tuned(tmp_path, objective("popular", data=signed), 12)
    assert 0 < found.gain.worth.value < 2 * found.gain.worth.error
    assert not found.kept
    monkeypatch.setattr(tuning, "_ERRORS", 0.0)
    assert not tuned(tmp_path, objective("popular"), 12).kept
    assert not file.exists()
    file.write_text('{"popular": {"settings": {"least": 0.5}}, "content": {"settings": {"decay": 0.5}}}')
    found = tuned(tmp_path, objective("popular", data=signed), 12)
    assert found.kept
    kept = read_tuned(file)
    assert kept["popular"].settings == found.settings
    assert kept["popular"].found["data"]["sha256"] == WORLD.sha256
    assert kept["content"].settings == {"decay": 0.5}


def test_where_the_defaults_are_the_best_what_was_kept_stays(tmp_path):
    file = tmp_path / "tuned.json"
    file.write_text('{"popular": {"settings": {"least": 0.5}}}')
    found = tuned(tmp_path, objective("popular", data=WORLD._replace(signed=True)), 1)
    assert found.settings == {}
    assert found.gain.settings == ()
    assert not found.kept
    assert read_tuned(file)["popular"].settings == {"least": 0.5}


def test_there_are_parts_of_the_users_enough_to_stop_by():
    assert SLICES / 2 < len(list(objective(data=LONG).slices(MadeUpOptions()))) <= SLICES
