"""Make `tmdb.csv`: the facts, without sentences, that TMDB has of the movies of `ml-latest-small`.

Joins The Movies Dataset's `movies_metadata.csv` to MovieLens's `links.csv` by TMDB id. The same files
give the same bytes. Needs nothing but Python.

    python data/make_tmdb.py movies_metadata.csv.gz data/ml-latest-small/links.csv data/tmdb.csv
"""

import ast
import csv
import gzip
import sys
from pathlib import Path
from typing import IO

# The column here, and what it is called there.
COLUMNS = {
    "imdb": "imdb_id",
    "released": "release_date",
    "language": "original_language",
    "votes": "vote_count",
    "vote_average": "vote_average",
    "popularity": "popularity",
    "runtime": "runtime",
    "genres": "genres",
    "poster": "poster_path",
}


def opened(path: Path) -> IO[str]:
    """`path` as text, unpacked when it is gzipped."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def metadata(path: Path) -> dict[str, dict[str, str]]:
    """The row of each TMDB id: the first of several, none that is broken."""
    rows: dict[str, dict[str, str]] = {}
    with opened(path) as lines:
        for row in csv.DictReader(lines):
            if row["vote_count"] is not None and row["id"].isdigit():
                rows.setdefault(row["id"], row)
    return rows


def told(row: dict[str, str]) -> list[str]:
    """The columns of one row, its genres by their names, joined by bars as MovieLens joins them."""
    names = "|".join(genre["name"] for genre in ast.literal_eval(row["genres"]))
    return [names if column == "genres" else row[name] for column, name in COLUMNS.items()]


def main(metadata_path: Path, links_path: Path, table_path: Path) -> None:
    """Write the table, one row per movie with facts, in the order of the links."""
    known = metadata(metadata_path)
    with opened(links_path) as links, table_path.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["movie", "tmdb", *COLUMNS])
        for link in csv.DictReader(links):
            if facts := known.get(link["tmdbId"]):
                writer.writerow([link["movieId"], link["tmdbId"], *told(facts)])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
