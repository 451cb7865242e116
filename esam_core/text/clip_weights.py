"""Find and download the weights and tokenizers of CLIP models.

The hub's client does the work; this module adds errors with advice.
"""

import contextlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from esam_core.errors import DownloadFailed, InvalidSettings, WeightsNotFound
from esam_core.text.specs import OFFLINE, TextEncoderSpec
from esam_core.weights.hub_client import explained, reachable_hub, reporting

WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
TOKENIZER_FILES = ["*.json", "*.model", "*.txt"]


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

    hub = reachable_hub(spec.title)
    bar = reporting(progress) if progress else None
    with explained(spec.title):
        for name in WEIGHTS_NAMES:
            with contextlib.suppress(EntryNotFoundError):
                path = hf_hub_download(spec.repository, name, endpoint=hub, tqdm_class=bar)
                _download_tokenizer(spec, hub)
                return Path(path)
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
        _download_tokenizer(spec, reachable_hub(spec.title))
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
