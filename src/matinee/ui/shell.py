"""What a browser is given before the page itself: Streamlit's HTML and scripts, without its detours.

Streamlit reads its scripts from the disk piece by piece, lets the browser find out where the server is, and
names those of walls and charts only once one is to be drawn. Here they come out of memory, the HTML says
where the server is, and the scripts of what the page asked for draws are fetched beside all else. The HTML
also has the little that is ours on every page: how one gets from one to another.
"""

import json
import mimetypes
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_ROOT = Path(streamlit.__file__).parent / "static"
_OURS = Path(__file__).parent / "assets" / "shell.js"
_SCRIPTS = _ROOT / "static" / "js"
_STATIC = "/static/"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A file's name has a digest of what is in it."""
_IMPORTED = re.compile(r"""(?:from|import)\s*["`]\./([^"`]+\.js)["`]""")
_FIRST = "for-you"
"""The page at the bare address, which Streamlit knows by that alone."""
_ODD = re.compile(r"[^\w-]")
"""What is in no page's path: Streamlit shows nothing there, and of another that there is no such page."""
_ALWAYS = ("BidiComponent", "Button", "Html")
_FILTERS = ("Selectbox", "Slider")
_CHARTS = ("ArrowVegaLiteChart", "embed")
_DRAWN = {
    "": _FILTERS,
    "trending": ("ButtonGroup",),
    "people": ("Progress",),
    "history": ("NumberInput",),
    "insights": (*_FILTERS, *_CHARTS),
    "monitor": _CHARTS,
    "models": ("ButtonGroup",),
}
"""By a page's path, the scripts of what is at its top, as Streamlit names them."""
_HEAD = """\
<script>
  window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href, HOST_CONFIG: %s}
  %s
</script>
"""
_HOST = {"allowedOrigins": ["https://nobody.invalid"], "useExternalAuthToken": False}
"""No page around this one may speak to it."""


class Shell:
    """Answers for the HTML and its scripts; whatever else is asked goes to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        answer = _answer(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (answer or self._app)(scope, receive, send)


def _answer(scope: Scope) -> Response | None:
    path: str = scope["path"]
    if path.startswith(_STATIC):
        file = _files().get(path)
        return _kept(file) if file else None
    name = path.removeprefix("/")
    asks_for_page = "text/html" in Headers(scope=scope).get("accept", "")
    if not asks_for_page or "." in name or name.startswith("_"):
        return None
    known = _ODD.sub("-", name.strip("/"))
    known = "" if known == _FIRST else known
    if known != name:
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse("../" * name.count("/") + (known or "./") + (f"?{query}" if query else ""))
    return _page((*_ALWAYS, *_DRAWN.get(name, ())))


@cache
def _kept(file: Path) -> Response:
    return Response(file.read_bytes(), media_type=mimetypes.guess_type(file.name)[0], headers=_FOREVER)


@cache
def _files() -> dict[str, Path]:
    return {f"/{each.relative_to(_ROOT).as_posix()}": each for each in _ROOT.glob("static/*/*")}


@cache
def _page(drawn: tuple[str, ...]) -> Response:
    html = (_ROOT / "index.html").read_text()
    preloads = "".join(
        f'<link rel="modulepreload" crossorigin href=".{_STATIC}js/{name}">\n'
        for name in _with_imports(drawn)
        if name not in html
    )
    head = _HEAD % (json.dumps(_HOST), _OURS.read_text()) + preloads
    return HTMLResponse(html.replace("</head>", f"{head}</head>"), headers={"Cache-Control": "no-cache"})


def _with_imports(drawn: tuple[str, ...]) -> list[str]:
    """The names of these scripts' files and of all that they import."""
    found, open_ = [], [path.name for each in drawn for path in _SCRIPTS.glob(f"{each}.*.js")]
    while open_:
        name = open_.pop()
        if name not in found:
            found.append(name)
            open_ += _IMPORTED.findall((_SCRIPTS / name).read_text())
    return found
