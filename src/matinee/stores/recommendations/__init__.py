"""The recommendations store: the Top-N of every user, as last computed in batch. Opened by URL."""

from matinee.stores.recommendations.base import Recommendations
from matinee.urls import Adapter, load_adapter

SCHEMES = {
    "sqlite": Adapter("matinee.stores.recommendations.sqlite:SqliteRecommendations"),
}


def open_recommendations(url: str) -> Recommendations:
    """The store at `url`, made if it is not there; see `SCHEMES` for what can be opened."""
    store: Recommendations = load_adapter(url, SCHEMES, "recommendations store")(url)
    return store
