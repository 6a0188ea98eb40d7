"""Where an event goes: its topic and its key. The names are those that existing producers use."""

from matinee.events.types import Event, EventType

TOPICS: dict[EventType, str] = {
    "view": "movie-stream",
    "like": "movie-likes",
    "dislike": "movie-likes",
    "retract": "movie-likes",
    "review": "movie-reviews",
    "rating": "movielens_ratings",
    "movie": "movies",
    "erase": "movie-stream",
}


def key(event: Event) -> str:
    """The key that keeps order: the user, and the movie for what is known of movies."""
    return event.movie if event.type == "movie" else event.user
