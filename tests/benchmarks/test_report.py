"""The page of figures: rendered from results only, each with its machine, data, rival and command."""

from typing import Any

import pytest

from benchmarks import grown, report, result
from benchmarks.errors import BenchmarkError
from benchmarks.machine import describe
from benchmarks.result import Measured, Result


def a_result(**changes):
    fields: dict[str, Any] = {
        "figure": "log → lake",
        "value": 250_000.4,
        "unit": "events/s",
        "goal": 200_000.0,
        "rival": "a loop of inserts",
        "rival_value": 1_234.5,
        "data": "1M random views",
        "command": "make bench ARGS=stream",
        "note": "one process",
    }
    return Result(**(fields | changes))


def measured(*results, name="stream"):
    return Measured(name=name, machine=describe(), date="2026-11-21", results=list(results))


def row(page, figure):
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {figure} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_what_is_kept_comes_back_as_it_was(tmp_path):
    first, second = measured(a_result(), name="b"), measured(a_result(rival_value="nothing"), name="a")
    result.write(first, tmp_path)
    result.write(second, tmp_path)
    assert result.read(tmp_path) == [second, first]


def test_a_second_run_replaces_the_first(tmp_path):
    result.write(measured(a_result(value=1.0)), tmp_path)
    result.write(measured(a_result(value=2.0)), tmp_path)
    assert [each.results[0].value for each in result.read(tmp_path)] == [2.0]


def test_every_figure_is_shown_with_its_goal_and_its_rival():
    page = report.render([measured(a_result())])
    assert row(page, "log → lake") == [
        "log → lake",
        "250,000 events/s",
        "≥ 200,000",
        "met",
        "a loop of inserts",
        "1,234 events/s",
    ]


def test_a_page_names_machine_date_data_command_and_note():
    page = report.render([measured(a_result())])
    machine = describe()
    for text in (
        machine.cpu,
        f"{machine.cores} cores",
        f"Python {machine.python}",
        "2026-11-21",
        "Data: 1M random views",
        "Command: `make bench ARGS=stream`",
        "one process",
    ):
        assert text in page


@pytest.mark.parametrize(
    ("unit", "value", "met"),
    [
        ("events/s", 200_000.0, True),
        ("events/s", 199_999.0, False),
        ("ms", 200_000.0, True),
        ("ms", 200_001.0, False),
    ],
)
def test_rates_are_better_high_and_all_else_better_low(unit, value, met):
    assert a_result(unit=unit, value=value).met is met
    page = report.render([measured(a_result(unit=unit, value=value))])
    assert row(page, "log → lake")[3] == ("met" if met else "**missed**")


def test_a_figure_without_a_goal_is_neither_met_nor_missed():
    page = report.render([measured(a_result(goal=None))])
    assert row(page, "log → lake")[2:4] == ["", ""]


def test_a_rival_may_answer_in_words():
    page = report.render([measured(a_result(rival_value="unchanged after 10 s"))])
    assert row(page, "log → lake")[-1] == "unchanged after 10 s"


def test_a_text_shared_by_all_figures_is_said_once():
    page = report.render([measured(a_result(), a_result(figure="other"))])
    assert page.count("1M random views") == 1


def test_without_results_the_page_says_how_to_make_them():
    assert "make bench ARGS=--write" in report.render([])


@pytest.mark.parametrize("field", ["figure", "unit", "rival", "data", "command"])
def test_a_result_without_what_one_needs_to_judge_it_cannot_be_made(field):
    with pytest.raises(BenchmarkError, match=field):
        a_result(**{field: " "})


def test_the_page_is_what_the_kept_results_render_to():
    assert report.PAGE.read_text(encoding="utf-8") == report.render(result.read(), grown.read())
