"""Small MovieLens folders and zips in every layout, written by the tests."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

from matinee.events.codec import decode, encode
from matinee.events.types import Event
from matinee.sources.load import load

FLAGS = ("unknown", "Action", "Animation", "Comedy")

# The same three movies and four ratings in each layout, the ratings not in order of time.
CSV = {
    "ratings.csv": (
        "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,73,3.5,964982224\n2,1,0.5,964982224\n2,5,5.0,964981000\n"
    ),
    "movies.csv": (
        'movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n73,"Misérables, Les (1995)",Comedy\n'
        "5,Babylon 5,(no genres listed)\n"
    ),
    "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n73,0113828,\n",
    "tags.csv": 'userId,movieId,tag,timestamp\n1,1,Pixar,1\n2,1,pixar,2\n2,1,"fun, really",3\n',
}
DAT = {
    "ratings.dat": "1::1::4::964982703\n1::73::3.5::964982224\n2::1::0.5::964982224\n2::5::5::964981000\n",
    "movies.dat": (
        "1::Toy Story (1995)::Animation|Comedy\n73::Misérables, Les (1995)::Comedy\n"
        "5::Babylon 5::(no genres listed)\n"
    ),
    "tags.dat": "1::1::Pixar::1\n2::1::pixar::2\n2::1::fun, really::3\n",
}
HUNDRED_K = {
    "u.data": "1\t1\t4\t964982703\n1\t73\t3.5\t964982224\n2\t1\t0.5\t964982224\n2\t5\t5\t964981000\n",
    "u.item": (
        "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/|0|0|1|1\n"
        "73|Misérables, Les (1995)|20-Oct-1995||http://us.imdb.com/|0|0|0|1\n"
        "5|Babylon 5||||1|0|0|0\n"
    ),
    "u.genre": "".join(f"{name}|{number}\n" for number, name in enumerate(FLAGS)),
}
LAYOUTS = {
    "csv": (CSV, "utf-8"),
    "csv with a byte order mark": (CSV, "utf-8-sig"),
    "1M": (DAT, "latin-1"),
    "10M": (DAT, "utf-8"),
    "100k": (HUNDRED_K, "latin-1"),
}
RATINGS_FILE = {"csv": "ratings.csv", "10M": "ratings.dat", "100k": "u.data"}
SEPARATOR = {"csv": ",", "10M": "::", "100k": "\t"}


def write_folder(folder: Path, files: dict[str, str], encoding: str = "utf-8", line_end: str = "\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.replace("\n", line_end).encode(encoding))
    return folder


def write_zip(path: Path, files: dict[str, str], encoding: str = "utf-8", inside: str = "ml/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text.encode(encoding))
    return path


def loaded(path, **options):
    """All events of `path`, each of them valid, and what `load` says of them."""
    events: list[Event] = []
    result = load(path, events.extend, **options)
    now = datetime.now(UTC)
    for event in events:
        assert decode(encode(event), now) == event
    return events, result
