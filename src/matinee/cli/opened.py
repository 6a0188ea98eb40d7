"""What a verb is handed: what it works with, opened by the settings, and closed when the verb has ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from matinee.pipeline import Pipeline


def passing(kind: type[Pipeline]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call a verb with one of this kind, of the settings that its group was given, before other arguments."""

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        @click.pass_context
        @wraps(verb)
        def opened(ctx: click.Context, /, *arguments: Any, **options: Any) -> None:
            verb(ctx.with_resource(kind(ctx.obj)), *arguments, **options)

        return opened

    return decorate
