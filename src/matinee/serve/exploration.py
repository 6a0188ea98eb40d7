"""A fair, bounded chance for movies that few have met yet."""

FEW_EVENTS = 20
"""Below this many events a movie is little known: the sequential model does not have it either."""
