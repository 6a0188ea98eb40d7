"""The log: where an accepted event is durable and in order. Opened by URL."""

from matinee.log.base import Log
from matinee.urls import Adapter, load_adapter

SCHEMES = {
    "kafka": Adapter("matinee.log.kafka:KafkaLog", "kafka"),
    "sqlite": Adapter("matinee.log.sqlite:SqliteLog"),
}


def open_log(url: str) -> Log:
    """The log at `url`, made if it is not there; see `SCHEMES` for what can be opened."""
    log: Log = load_adapter(url, SCHEMES, "log")(url)
    return log


def is_there(url: str) -> bool:
    """Whether there is a log at `url`, so that to open it makes nothing. Raises as opening it does."""
    there: bool = load_adapter(url, SCHEMES, "log").is_there(url)
    return there
