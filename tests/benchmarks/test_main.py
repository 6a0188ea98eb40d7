"""The command behind `make bench`."""

from click.testing import CliRunner

from benchmarks.__main__ import main


def test_quick_figures_are_not_published():
    answer = CliRunner().invoke(main, ["serving", "--quick", "--write"])
    assert answer.exit_code == 2
    assert "--quick" in answer.output


def test_an_unknown_figure_is_refused_with_those_that_are_known():
    answer = CliRunner().invoke(main, ["speed"])
    assert answer.exit_code == 2
    assert "serving" in answer.output
