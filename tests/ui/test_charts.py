"""What is taken away from a chart."""

from matinee.ui.charts import as_csv


def test_no_text_is_a_formula_to_a_spreadsheet():
    rows = [{"title": title, "votes": -2} for title in ("=1+1", "+1", "-", "@home", "\t=1", "Heat, 2")]
    assert as_csv(rows).splitlines() == [
        "title,votes", "'=1+1,-2", "'+1,-2", "'-,-2", "'@home,-2", "'\t=1,-2", '"Heat, 2",-2'
    ]  # fmt: skip
