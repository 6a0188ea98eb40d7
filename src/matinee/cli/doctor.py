"""The verb that checks."""

import sys

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import as_json, show
from matinee.doctor import examine


@click.command(epilog="Example: matinee doctor")
@as_json
@passing(Matinee)
def doctor(app: Matinee, as_json: bool) -> None:
    """Check that this machine and this home are in order; exit code 1 when something is not."""
    findings = list(examine(app))
    show([finding._asdict() for finding in findings], as_json=as_json)
    sys.exit(not all(finding.ok for finding in findings))
