"""Training that is kept epoch by epoch goes on where it was stopped."""

from functools import partial

import pytest

from benchmarks.rivals.epochs import Judged, best, cost, exhausted, kept, train

NDCG = (0.10, 0.14, 0.12, 0.15, 0.15, 0.13, 0.11, 0.19)
"""Better until the fourth epoch, and once more after a patience of three."""


class StoppedError(Exception):
    """The machine went off."""


class Counting:
    """A model that is what it was trained by; it stops at a step of an epoch, once."""

    def __init__(self, step="", at=0) -> None:
        self.trained: list[int] = []
        self._stop = (step, at)

    def stop(self, step):
        if (step, len(self.trained)) == self._stop:
            raise StoppedError

    def train_epoch(self, number):
        self.trained.append(number)
        self.stop("train")

    def judge(self):
        self.stop("judge")
        return Judged(0.2, NDCG[len(self.trained) - 1])

    def save(self, path):
        path.write_text(" ".join(map(str, self.trained)))
        self.stop("save")

    def load(self, path):
        self.trained = [int(number) for number in path.read_text().split()]

    def told(self, epoch):
        self.stop("told")


def run(folder, model, patience=3):
    return train(model, folder, partial(exhausted, patience=patience), model.judge, model.told)


def test_training_ends_when_patience_does_and_the_first_of_the_best_is_chosen(tmp_path):
    epochs = run(tmp_path, Counting())
    assert [each.number for each in epochs] == [1, 2, 3, 4, 5, 6, 7]
    assert best(epochs).number == 4
    assert cost(epochs).epochs == 7
    assert cost(epochs).wall == pytest.approx(sum(each.wall for each in epochs))


def test_more_patience_goes_on_in_the_same_folder(tmp_path):
    run(tmp_path, Counting())
    model = Counting()
    assert best(train(model, tmp_path, lambda done: len(done) == 8, model.judge, model.told)).number == 8


@pytest.mark.parametrize("step", ["train", "judge", "save", "told"])
@pytest.mark.parametrize("at", [1, 4])
def test_stopped_anywhere_it_ends_as_if_it_had_not_been(tmp_path, step, at):
    with pytest.raises(StoppedError):
        run(tmp_path, Counting(step, at))
    assert len(kept(tmp_path)) == (at if step == "told" else at - 1)
    model = Counting()
    epochs = run(tmp_path, model)
    assert model.trained == [each.number for each in epochs] == [1, 2, 3, 4, 5, 6, 7]
    assert [each.judged.ndcg for each in epochs if each.judged] == list(NDCG[:7])
    assert kept(tmp_path) == epochs
    assert [file.name for file in tmp_path.glob("*.ckpt")] == ["epoch-007.ckpt"]
