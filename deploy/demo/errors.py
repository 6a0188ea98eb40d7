"""What goes wrong with the demo on servers."""

from deploy.local.errors import ServerError


class DemoError(ServerError):
    """A step cannot be done; the message says what failed, what it said, and where its log is."""
