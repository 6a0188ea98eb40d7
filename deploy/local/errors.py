"""What goes wrong with servers on this machine. Each message says what, the value, and what to do."""


class ServerError(Exception):
    """A server cannot be fetched, started or stopped."""


class MissingToolError(ServerError):
    """A program that servers need is not on this machine; the message says how to install it."""
