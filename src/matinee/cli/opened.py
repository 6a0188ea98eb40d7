"""What a verb is handed: the Matinee of its home, closed when the verb has ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from matinee.app import Matinee


def pass_matinee(verb: Callable[..., None]) -> Callable[..., None]:
    """Call `verb` with the Matinee of the settings that its group was given, before its other arguments."""

    @click.pass_context
    @wraps(verb)
    def opened(ctx: click.Context, /, *arguments: Any, **options: Any) -> None:
        verb(ctx.with_resource(Matinee(ctx.obj)), *arguments, **options)

    return opened
