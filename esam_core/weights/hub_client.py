"""The client of the Hugging Face hub: an address that answers, progress, errors with advice.

Downloads, their cache and access tokens are ``huggingface_hub``'s.
"""

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from esam_core.errors import DownloadFailed

PROBE_SECONDS = 5


def reachable_hub(title: str) -> str:
    """Return the hub's address after reaching it; its client would retry for most of a minute.

    Args:
        title: What is wanted, for the error.

    Raises:
        DownloadFailed: There is no connection, or ``HF_HUB_OFFLINE`` forbids it.
    """
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise DownloadFailed(
            f"{title} is not on this machine, and HF_HUB_OFFLINE forbids downloading it. "
            "Unset it, or name a file you have."
        )
    try:
        request = urllib.request.Request(hub, method="HEAD")
        urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()  # the hub can be reached; the status of its front page does not matter
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise DownloadFailed(
            f"{title} could not be downloaded: no connection to {hub} ({reason}). Try again "
            "when there is one, or name a file you have."
        ) from error
    return hub


def reporting(progress: Callable[[int, int], None]) -> type:
    """Return a progress bar for the hub's client that draws nothing and reports.

    Args:
        progress: Called with (bytes present, total bytes).
    """
    from huggingface_hub.utils import tqdm

    class Reporting(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any):
            self.present = kwargs.get("initial") or 0
            self.whole = kwargs.get("total") or 0
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.present += n or 0
            progress(int(self.present), int(self.whole))

    return Reporting


@contextmanager
def explained(title: str) -> Iterator[None]:
    """Turn what the hub's client raises inside the block into an error with advice.

    Args:
        title: What is wanted.

    Raises:
        DownloadFailed: The connection broke, or the hub refuses.
    """
    from huggingface_hub.errors import GatedRepoError

    try:
        yield
    except GatedRepoError as error:
        raise DownloadFailed(
            f"{title} could not be downloaded: its authors ask you to accept their terms first. "
            "Do so on its page on the hub, and log in with `hf auth login`."
        ) from error
    except Exception as error:  # errors of several libraries, without a common base class
        raise DownloadFailed(
            f"{title} could not be downloaded: {str(error).strip()[:200]} Check the "
            "connection and try again, or name a file you have."
        ) from error
