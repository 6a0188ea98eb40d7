"""What makes a benchmark worthless, said instead of a figure."""


class BenchmarkError(Exception):
    """A measurement cannot be trusted: a failed request, a server that died, an answer that is wrong."""
