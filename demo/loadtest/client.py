"""Talk to a running page as its own script does: join the queue, then read the event stream."""

import base64
import http.client
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from esam_core.errors import EsamError

Json = dict[str, Any]
PREFIX = "/gradio_api"


class PageError(EsamError):
    """The server refused, failed, or is not there."""


class PageClient:
    """One visitor with a session of its own.

    Args:
        url: Address of the page.
        timeout: Seconds to wait for any answer.

    Raises:
        PageError: No page of this project answers there.
    """

    def __init__(self, url: str, *, timeout: float = 60.0):
        address = urlsplit(url)
        if address.scheme != "http" or not address.hostname:
            raise PageError(f"{url!r} is no address of a page; give http://HOST:PORT.")
        host, port = address.hostname, address.port or 80
        self._calls = http.client.HTTPConnection(host, port, timeout=timeout)
        self._stream = http.client.HTTPConnection(host, port, timeout=timeout)
        self.session = secrets.token_hex(6)
        config = json.loads(self._call("GET", "/config"))
        names = {row.get("api_name"): row["id"] for row in config.get("dependencies", [])}
        self._numbers = {
            name.removeprefix("canvas_"): number
            for name, number in names.items()
            if str(name).startswith("canvas_")
        }
        if "prompt" not in self._numbers:
            raise PageError(f"the server at {url} is not this project's page.")

    def ask(self, kind: str, payload: Json) -> Json:
        """Ask what the page asks, ``prompt``, ``embed``, ``example`` ...; return the answer.

        Raises:
            PageError: The queue is full, the server failed, or its answer is no answer.
        """
        return self._event(kind, [], payload)

    def upload(self, content: bytes, name: str = "photo.jpg") -> Json:
        """Send a photo; return the page's answer with the photo's token.

        Raises:
            PageError: As for ``ask``.
        """
        mark = secrets.token_hex(12)
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        [path] = json.loads(self._call("POST", f"{PREFIX}/upload", body, kind))
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        return self._event("upload", [file], None)

    def close(self) -> None:
        """Hang up."""
        self._calls.close()
        self._stream.close()

    def _event(self, kind: str, data: list[Any], event_data: Json | None) -> Json:
        join = {
            "data": data,
            "event_data": event_data,
            "fn_index": self._numbers[kind],
            "session_hash": self.session,
        }
        self._call("POST", f"{PREFIX}/queue/join", json.dumps(join).encode(), "application/json")
        for message in self._messages():
            if message.get("msg") == "process_completed":
                return _reply(kind, message)
        raise PageError(f"the server ended the stream without an answer to {kind!r}.")

    def _messages(self) -> Iterator[Json]:
        """Read the events of this session until the server closes the stream."""
        try:
            self._stream.request("GET", f"{PREFIX}/queue/data?session_hash={self.session}")
            answer = self._stream.getresponse()
            for line in answer:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PageError(f"the event stream broke: {error!r}.") from error
        finally:
            self._stream.close()

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        try:
            self._calls.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = self._calls.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise PageError(f"{path} was not answered: {error!r}.") from error
        finally:
            # Servers hang up on idle connections, and a visitor thinks for seconds.
            self._calls.close()
        if answer.status != 200:
            said = content.decode(errors="replace")[:200]
            raise PageError(f"{path} was refused with {answer.status}: {said}")
        return content


def opaque_png(url: str) -> tuple[tuple[int, int], Any]:
    """Read a mask as the page is sent it: its (width, height), and (h, w) bool where it is."""
    import io

    import numpy as np
    from PIL import Image

    content = base64.b64decode(url.split(",", 1)[1])
    with Image.open(io.BytesIO(content)) as picture:
        return picture.size, np.asarray(picture.convert("RGBA"))[..., 3] > 127


def _reply(kind: str, message: Json) -> Json:
    output = message.get("output") or {}
    if not message.get("success"):
        raise PageError(f"{kind!r} failed on the server: {output.get('error')}.")
    [update] = output.get("data") or [{}]
    props = update.get("props") if isinstance(update, dict) else None
    reply = props.get(f"{kind}_reply") if isinstance(props, dict) else None
    if not isinstance(reply, dict):
        raise PageError(f"{kind!r} got an answer that is none: {str(output)[:200]}.")
    return reply
