"""Whether the page answers: ``python -m demo.health``, as a container's health check asks it.

It asks the endpoint ``/models``, which reads what is on this machine and waits for no model. Exit
code 0 where the answer came, 1 with the reason where it did not. Imports nothing but the standard
library, because it runs every half minute.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from http.client import HTTPException, InvalidURL
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

SECONDS = 8.0

# The page is on this machine, whatever proxy the environment names.
_open = build_opener(ProxyHandler({})).open


def trouble(url: str, seconds: float = SECONDS) -> str:
    """Say in one line why a page does not answer; "" if it does.

    Args:
        url: The page's address, such as ``http://127.0.0.1:7860``.
        seconds: How long it may be silent.
    """
    no_address = f"{url!r} is no address of a page; give one such as http://127.0.0.1:7860."
    if not url.startswith(("http://", "https://")):
        return no_address
    calls = f"{url.rstrip('/')}/gradio_api/call/models"
    body = json.dumps({"data": []}).encode()
    try:
        asked = Request(calls, body, {"Content-Type": "application/json"})
        with _open(asked, timeout=seconds) as reply:
            event = json.load(reply)["event_id"]
        with _open(f"{calls}/{event}", timeout=seconds) as events:
            text = events.read().decode()
    except HTTPError as error:
        return f"{url} answered {error.code} {error.reason}."
    except InvalidURL:
        return no_address
    except (URLError, OSError) as error:
        return f"{url} does not answer: {getattr(error, 'reason', error)}."
    except (HTTPException, ValueError, KeyError, TypeError):  # it speaks something else
        return f"{url} is another program's."
    return "" if "event: complete" in text else f"{url} answered {text.strip()!r}."


def main(argv: Sequence[str] | None = None) -> int:
    """Ask once; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.health",
        description="Ask the page a question. Exit code 0 if it answers, else 1 and the reason.",
    )
    port = os.environ.get("GRADIO_SERVER_PORT", "7860")
    here = f"http://127.0.0.1:{port}"
    parser.add_argument("url", nargs="?", default=here, help=f"its address (default {here})")
    if reason := trouble(parser.parse_args(argv).url):
        print(f"error: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
