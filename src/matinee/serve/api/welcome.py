"""The way in: `GET /` says what is here, as a page for people and as JSON for programs; `/docs` explains it.

Neither needs a network: nothing refers to another host.
"""

from string import Template
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

import matinee
from matinee.serve.api.answers import Welcome, answer, documented

_WELCOME = Welcome(
    name="Matinee",
    version=matinee.__version__,
    api="/v1",
    docs="/docs",
    openapi="/openapi.json",
    health="/health/ready",
    metrics="/metrics",
)
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Matinee</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
</style>
<h1>Matinee $version</h1>
<p>Real-time movie recommendations: an event changes its user's next recommendation, in milliseconds.</p>
<ul>
<li><a href="$docs">Every route</a>, to read and to try; <a href="$openapi">as OpenAPI</a>
<li><a href="$api/popular">What is popular</a>, <a href="$api/trending">what is trending</a>,
<a href="$api/movies?q=toy">a search</a>
<li><a href="$api/models">The published models</a>
<li><a href="$health">Is it ready?</a> <a href="$metrics">Its metrics</a>
</ul>
</html>
""")
_HTML = _PAGE.substitute({name: getattr(_WELCOME, name) for name in Welcome.__struct_fields__})


def install_welcome(app: FastAPI) -> None:
    """Add `/`."""

    async def welcome(request: Request) -> Response:
        """What is here and where: a page where HTML is asked for, else JSON."""
        if "text/html" not in request.headers.get("accept", ""):
            response = answer(_WELCOME)
        else:
            response = HTMLResponse(_HTML)
        response.headers["Vary"] = "Accept"
        return response

    responses: dict[int | str, dict[str, Any]] = documented(Welcome)
    responses[200]["content"]["text/html"] = {"schema": {"type": "string"}}
    app.add_api_route("/", welcome, responses=responses, response_class=Response)
