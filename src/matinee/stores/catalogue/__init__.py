"""The catalogue: every movie with what is known of it, and search over them. Opened by URL."""

from matinee.stores.catalogue.base import Catalogue
from matinee.urls import Adapter, load_adapter

SCHEMES = {
    "sqlite": Adapter("matinee.stores.catalogue.sqlite:SqliteCatalogue"),
}


def open_catalogue(url: str) -> Catalogue:
    """The catalogue at `url`, made if it is not there; see `SCHEMES` for what can be opened."""
    catalogue: Catalogue = load_adapter(url, SCHEMES, "catalogue")(url)
    return catalogue
