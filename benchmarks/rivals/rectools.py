"""SASRec and BERT4Rec of the library RecTools: trained epoch by epoch, asked about many histories at once.

Networks, losses, batches and padding are the library's. It wants an environment of its own, see `INSTALL`.
"""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmarks.errors import BenchmarkError
from matinee.models.base import Floats, Interactions, Ints
from matinee.models.lives import places_of

INSTALL = (
    "python3.13 -m venv rivals && rivals/bin/pip install -c constraints.txt -e '.[rivals]' "
    "(RecTools and Matinee share no NumPy on an older Python)"
)
try:
    import pandas as pd
    import torch
    from pytorch_lightning import Trainer, seed_everything
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import BERT4RecModel, SASRecModel
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None


@dataclass(frozen=True)
class NetworkOptions:
    """What is set of the library's model; all else is as it comes, so Adam, softmax over all movies."""

    model: Literal["sasrec", "bert4rec"] = "sasrec"
    factors: int = 128
    blocks: int = 3
    heads: int = 2
    length: int = 128
    """How many of a user's latest events are trained on and asked with (`session_max_len`)."""
    windows: bool = True
    """Whether what a user did before that is trained on too, in windows; else the library leaves it out."""
    dropout: float = 0.3
    batch: int = 32
    rate: float = 1e-3
    seed: int = 0


class Network:
    """A network over the movies of `given`, whose columns are its items. Untrained at first.

    Raises BenchmarkError, with what to install, where the library is missing.
    """

    def __init__(self, given: Interactions, options: NetworkOptions) -> None:
        if MISSING:
            raise BenchmarkError(
                f"RecTools cannot be imported ({MISSING}); install it: {INSTALL}"
            ) from MISSING
        _quiet()
        self._data = _dataset(given, options)
        self._n_movies = len(given.movies)
        self._seed = options.seed
        self.library: Any = _model(options)
        """The library's model."""

    def train_epoch(self, number: int) -> None:
        """Train the next epoch, the one of this number; what is drawn in it follows from the number."""
        seed_everything(self._seed * 1_000_000 + number, verbose=False)
        self.library.fit_partial(self._data, min_epochs=1, max_epochs=1)

    def save(self, path: Path) -> None:
        """Keep the network and its optimizer's state in a file of Lightning."""
        self.library.fit_trainer.save_checkpoint(path)

    def load(self, path: Path) -> None:
        """Go on from what was kept."""
        self.library = type(self.library).load_from_checkpoint(path)

    def scores(self, pasts: Sequence[Ints]) -> Floats:
        """A score for every movie after each of these histories, shape (len(pasts), n_movies).

        Minus infinity for movies that the network does not know, and everywhere where a history has none
        that it knows. The library's `recommend` ranks by the same scores.
        """
        items, network = self._items(), self.library.torch_model
        known = [items[past][items[past] > 0].tolist() for past in pasts]
        some = np.flatnonzero([len(each) for each in known])
        found = np.full((len(pasts), self._n_movies), -np.inf, np.float32)
        if len(some):
            batch = self.library.data_preparator._collate_fn_recommend([(known[row], [], {}) for row in some])
            network.eval()
            with torch.no_grad():
                movies = network.item_model.get_all_embeddings()
                users = network.encode_sessions(batch, movies)[:, -1:, :]
                logits = network.similarity_module(users, movies)[:, 0, :].numpy()
            found[np.ix_(some, np.flatnonzero(items))] = logits[:, items[items > 0]]
        return found

    def _items(self) -> Ints:
        """The network's number of every column, 0 where it has none."""
        preparator = self.library.data_preparator
        items = np.zeros(self._n_movies, np.int32)
        columns = np.asarray(preparator.get_known_item_ids(), np.int64)
        items[columns] = preparator.get_known_items_sorted_internal_ids()
        return items


def _model(options: NetworkOptions) -> Any:
    kind = {"sasrec": SASRecModel, "bert4rec": BERT4RecModel}[options.model]
    return kind(
        n_factors=options.factors,
        n_blocks=options.blocks,
        n_heads=options.heads,
        session_max_len=options.length,
        dropout_rate=options.dropout,
        batch_size=options.batch,
        lr=options.rate,
        loss="softmax",
        get_trainer_func=trainer,
        recommend_torch_device="cpu",
    )


def trainer() -> Any:
    """Lightning's trainer, on the CPU, which keeps and prints nothing by itself."""
    return Trainer(
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def windows(users: Ints, length: int) -> tuple[Ints, npt.NDArray[np.int64]]:
    """Every history in windows of `length` + 1 events from its end backwards, each sharing one with the next.

    So every event but the first of a user is foreseen in one window, after what comes before it there.
    `users` are those of the events, sorted. Returns numbers of windows and places of events, in order.
    """
    n = np.bincount(users)
    back = n[users] - 1 - places_of(users)
    number = users.astype(np.int64) * (len(users) // length + 1) + back // length
    shared = np.flatnonzero((back % length == 0) & (back > 0))
    numbers = np.concatenate([number, number[shared] - 1])
    places = np.concatenate([np.arange(len(users)), shared])
    order = np.lexsort((places, numbers))
    return np.unique(numbers[order], return_inverse=True)[1].astype(np.int32), places[order]


def _dataset(given: Interactions, options: NetworkOptions) -> Any:
    """All events, signs ignored, in the order of `given`, which the library keeps for equal times."""
    users, places = given.users, np.arange(len(given.users))
    if options.windows:
        users, places = windows(given.users, options.length)
    frame = {
        Columns.User: users,
        Columns.Item: given.columns[places],
        Columns.Weight: 1.0,
        Columns.Datetime: pd.to_datetime(given.at[places], unit="us"),
    }
    return Dataset.construct(pd.DataFrame(frame))


def _quiet() -> None:
    """Keep the libraries from advising, at every epoch, what their makers could do otherwise."""
    for module in ("pytorch_lightning", "rectools", "pydantic"):
        warnings.filterwarnings("ignore", module=module)
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
