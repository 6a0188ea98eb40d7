"""Logs and metrics: structlog JSON lines for programs, plain lines for a terminal."""

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

import structlog

Keep = Callable[[Mapping[str, Any]], None]
"""Told of every log line, before it is written."""


def configure_logs(level: str = "info", *, as_json: bool, keep: Keep = lambda _: None) -> None:
    """Send Matinee's log lines to standard error, as JSON or for people; `level` is a logging name."""

    def kept(_logger: Any, _method: str, told: structlog.typing.EventDict) -> structlog.typing.EventDict:
        keep(told)
        return told

    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            kept,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines carry `room`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return logger
