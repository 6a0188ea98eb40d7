"""The interactions store: analytics over what people did. Opened by URL."""

from matinee.stores.interactions.base import Interactions
from matinee.urls import Adapter, load_adapter

SCHEMES = {
    "duckdb": Adapter("matinee.stores.interactions.duckdb:DuckdbInteractions"),
}


def open_interactions(url: str, lake: str) -> Interactions:
    """The store at `url`; `duckdb://` answers from the lake at `lake`. See `SCHEMES` for the rest."""
    store: Interactions = load_adapter(url, SCHEMES, "interactions store")(url, lake)
    return store
