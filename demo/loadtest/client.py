"""A client that sends the same requests as the page's script."""

import base64
import io
import json
import secrets
import ssl
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import httpx
import numpy as np
from PIL import Image

from esam_core.errors import EsamError

Json = dict[str, Any]
PREFIX = "/gradio_api"


class PageError(EsamError):
    """The server refused, failed, or is not reachable."""


class PageClient:
    """A visitor with its own session.

    Args:
        url: Address of the page.
        timeout: Seconds to wait for any reply.

    Raises:
        PageError: There is no page of this project at the address.
    """

    def __init__(self, url: str, *, timeout: float = 60.0):
        if not url.startswith(("http://", "https://")):
            raise PageError(f"{url!r} is no address of a page; give http://HOST:PORT.")
        # Connections are not kept alive: servers close idle ones, and a visitor pauses for seconds.
        # Proxies of the environment are ignored: they would be measured too.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(
            base_url=url, timeout=timeout, limits=limits, trust_env=False, verify=_tls()
        )
        self.session = secrets.token_hex(6)
        try:
            self.numbers = _event_numbers(self.call("GET", "/config").json())
            if "prompt" not in self.numbers:
                raise PageError(f"the server at {url} is not this project's page.")
        except BaseException:
            self.close()
            raise

    def ask(self, kind: str, payload: Json) -> Json:
        """Send an event of the page, ``prompt``, ``embed``, ``example`` ..., and return its reply.

        Raises:
            PageError: The queue is full, the server failed, or the reply is malformed.
        """
        return self._event(kind, [], payload)

    def upload(self, content: bytes, name: str = "photo.jpg") -> Json:
        """Send a photo and return the page's reply with the photo's token.

        Raises:
            PageError: As for ``ask``.
        """
        files = {"files": (name, content, "image/jpeg")}
        [path] = self.call("POST", f"{PREFIX}/upload", files=files).json()
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        return self._event("upload", [file], None)

    def join_queue(self, kind: str, data: list[Any], payload: Json | None) -> None:
        """Put an event into the page's queue without waiting for its reply.

        Raises:
            PageError: The queue is full, or the server is not reachable.
        """
        event = {
            "data": data,
            "event_data": payload,
            "fn_index": self.numbers[kind],
            "session_hash": self.session,
        }
        self.call("POST", f"{PREFIX}/queue/join", json=event)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make one HTTP request.

        Raises:
            PageError: No reply, or a status other than 200.
        """
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise PageError(f"{path} was not answered: {error!r}.") from error
        if response.status_code != 200:
            raise PageError(f"{path} gave status {response.status_code}: {response.text[:200]}")
        return response

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _event(self, kind: str, data: list[Any], payload: Json | None) -> Json:
        self.join_queue(kind, data, payload)
        for message in self._messages():
            if message.get("msg") == "process_completed":
                return _reply(kind, message)
        raise PageError(f"the server ended the stream without a reply to {kind!r}.")

    def _messages(self) -> Iterator[Json]:
        """Read the events of this session until the server closes the stream."""
        query = {"session_hash": self.session}
        try:
            with self._http.stream("GET", f"{PREFIX}/queue/data", params=query) as response:
                for line in response.iter_lines():
                    if line.startswith("data:"):
                        yield json.loads(line[5:])
        except (httpx.HTTPError, ValueError) as error:
            raise PageError(f"the event stream broke: {error!r}.") from error


def opaque_png(url: str) -> tuple[tuple[int, int], np.ndarray]:
    """Read a mask from the data URL that the page gets: (width, height) and mask (h, w) bool."""
    content = base64.b64decode(url.split(",", 1)[1])
    with Image.open(io.BytesIO(content)) as picture:
        return picture.size, np.asarray(picture.convert("RGBA"))[..., 3] > 127


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Load the certificates once; once per client would take processor time from the server."""
    return ssl.create_default_context()


def _event_numbers(config: Json) -> dict[str, int]:
    """Return gradio's function number for each event of the canvas."""
    names = {str(row.get("api_name")): row["id"] for row in config.get("dependencies", [])}
    return {
        name.removeprefix("canvas_"): number
        for name, number in names.items()
        if name.startswith("canvas_")
    }


def _reply(kind: str, message: Json) -> Json:
    output = message.get("output") or {}
    if not message.get("success"):
        raise PageError(f"{kind!r} failed on the server: {output.get('error')}.")
    [update] = output.get("data") or [{}]
    props = update.get("props") if isinstance(update, dict) else None
    reply = props.get(f"{kind}_reply") if isinstance(props, dict) else None
    if not isinstance(reply, dict):
        raise PageError(f"{kind!r} got something that is no reply: {str(output)[:200]}.")
    return reply
