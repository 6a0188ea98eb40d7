"""`python -m matinee` is `matinee`."""

from matinee.cli.main import main

main()
