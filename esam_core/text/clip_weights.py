"""Find and download the weights and tokenizers of CLIP models.

The hub's client does the work; this module adds errors with advice.
"""

import contextlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from esam_core.errors import DownloadFailed, InvalidSettings, WeightsNotFound
from esam_core.text.specs import OFFLINE, TextEncoderSpec

WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
TOKENIZER_FILES = ["*.json", "*.model", "*.txt"]
PROBE_SECONDS = 5


def local_weights(weights: Path | str) -> Path:
    """Check that a weights file named by the user exists.

    Raises:
        WeightsNotFound: There is no such file.
    """
    path = Path(weights).expanduser()
    if not path.is_file():
        raise WeightsNotFound(f"{path} is not a file; name the .safetensors, .bin or .pt file.")
    return path


def cached_weights(spec: TextEncoderSpec) -> Path | None:
    """Return weights that were downloaded before, without network access, or None."""
    from huggingface_hub import try_to_load_from_cache

    for name in WEIGHTS_NAMES if spec.repository else ():
        found = try_to_load_from_cache(spec.repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def is_present(spec: TextEncoderSpec) -> bool:
    """Whether an encoder can be loaded without network access; loads neither torch nor CLIP."""
    return spec.bundled or (cached_weights(spec) is not None and _has_tokenizer(spec))


def missing_packages(spec: TextEncoderSpec) -> list[str]:
    """Return the packages that an encoder needs and that are not installed."""
    return [name for name in spec.needs if find_spec(name) is None]


def how_to_get(spec: TextEncoderSpec) -> str:
    """Return the advice for an encoder that is not on this machine, with the complete command."""
    return (
        'Get it with `python -m esam_core text photo.jpg "a dog" --out mask.png '
        f"--encoder {spec.name} --download` ({spec.size_mb} MB, into the hub's cache), or name a "
        f"weights file you have. Until then use the encoder {OFFLINE!r}."
    )


def download_clip(
    spec: TextEncoderSpec, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Download the weights of an encoder, and its tokenizer, into the hub's cache.

    Args:
        spec: Row of ``TEXT_ENCODERS``.
        progress: Called with (bytes present, total bytes).

    Raises:
        DownloadFailed: There is no connection, or it was interrupted.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    hub = _reachable_hub(spec)
    bar = _reporting(progress) if progress else None
    try:
        for name in WEIGHTS_NAMES:
            with contextlib.suppress(EntryNotFoundError):
                path = hf_hub_download(spec.repository, name, endpoint=hub, tqdm_class=bar)
                _download_tokenizer(spec, hub)
                return Path(path)
    except Exception as error:  # errors of several libraries, without a common base class
        raise DownloadFailed(
            f"{spec.title} could not be downloaded: {str(error).strip()[:200]} Check the "
            "connection and try again, or name a file you have."
        ) from error
    raise DownloadFailed(f"{spec.title} could not be downloaded: {hub} does not have it any more.")


def _download_tokenizer(spec: TextEncoderSpec, hub: str) -> None:
    from huggingface_hub import snapshot_download

    if spec.tokenizer:
        snapshot_download(spec.tokenizer, endpoint=hub, allow_patterns=TOKENIZER_FILES)


@contextlib.contextmanager
def _without_network() -> Iterator[None]:
    """Let the hub's client read its cache only; it would ask the hub for something newer."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _has_tokenizer(spec: TextEncoderSpec) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return not spec.tokenizer or isinstance(
        try_to_load_from_cache(spec.tokenizer, "tokenizer_config.json"), str
    )


def _reporting(progress: Callable[[int, int], None]) -> type:
    """Return a progress bar for the hub's client that draws nothing and reports."""
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


def _reachable_hub(spec: TextEncoderSpec) -> str:
    """Return the hub's address after reaching it; its client would retry for most of a minute."""
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise DownloadFailed(
            f"{spec.title} is not on this machine, and HF_HUB_OFFLINE forbids downloading it. "
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
            f"{spec.title} could not be downloaded: no connection to {hub} ({reason}). Try again "
            "when there is one, or name a file you have."
        ) from error
    return hub


def load_tokenizer(spec: TextEncoderSpec, *, download: bool) -> Any:
    """Load the tokenizer of an encoder; some tokenizers are downloaded from the hub.

    Raises:
        WeightsNotFound: The tokenizer is not on this machine, and ``download`` is False.
        InvalidSettings: Packages it needs are not installed.
        DownloadFailed: The tokenizer could not be downloaded.
    """
    import open_clip

    repository = open_clip.get_model_config(spec.model)["text_cfg"].get("hf_tokenizer_name")
    if repository is None:
        return open_clip.get_tokenizer(spec.model)
    if not download and not _has_tokenizer(spec):
        raise WeightsNotFound(
            f"{spec.title} also needs the tokenizer of {repository}, which is not on this machine. "
            f"{how_to_get(spec)}"
        )
    if download and not _has_tokenizer(spec):
        _download_tokenizer(spec, _reachable_hub(spec))
    try:
        with _without_network():
            return open_clip.get_tokenizer(spec.model)
    except ImportError as error:
        raise InvalidSettings(
            f"{spec.title} needs packages that are not installed: pip install "
            f"{' '.join(spec.needs)}."
        ) from error
    except Exception as error:
        raise DownloadFailed(
            f"the tokenizer of {repository} could not be loaded: {str(error).strip()[:200]}"
        ) from error
