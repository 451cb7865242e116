"""Find and download the weights and tokenizers of CLIP models.

open_clip and the hub's client do the work; this module adds errors with advice.
"""

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from esam_core.errors import DownloadFailed, InvalidSettings, WeightsNotFound
from esam_core.text.specs import OFFLINE, TextEncoderSpec

WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
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


def cached_weights(recipe: dict[str, Any]) -> Path | None:
    """Return weights that open_clip downloaded before, without network access, or None."""
    from huggingface_hub import try_to_load_from_cache

    repository = recipe.get("hf_hub", "").rstrip("/")
    for name in WEIGHTS_NAMES if repository else ():
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def how_to_get(spec: TextEncoderSpec) -> str:
    """Return the advice for an encoder that is not on this machine, with the complete command."""
    return (
        'Get it with `python -m esam_core text photo.jpg "a dog" --out mask.png '
        f"--encoder {spec.name} --download` ({spec.size_mb} MB, into open_clip's cache), or name a "
        f"weights file you have. Until then use the encoder {OFFLINE!r}."
    )


def download_clip(spec: TextEncoderSpec, recipe: dict[str, Any]) -> Path:
    """Download the weights of an encoder into open_clip's cache.

    Raises:
        DownloadFailed: There is no connection, or it was interrupted.
    """
    import open_clip

    _check_connection(spec)
    try:
        return Path(open_clip.download_pretrained(recipe))
    except Exception as error:  # errors of three libraries, without a common base class
        raise DownloadFailed(
            f"{spec.title} could not be downloaded: {str(error).strip()[:200]} Check the "
            "connection and try again, or name a file you have."
        ) from error


def _check_connection(spec: TextEncoderSpec) -> None:
    """Try to reach the hub once; its client would retry for most of a minute."""
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
    from huggingface_hub import try_to_load_from_cache

    if not download and not isinstance(
        try_to_load_from_cache(repository, "tokenizer_config.json"), str
    ):
        raise WeightsNotFound(
            f"{spec.title} also needs the tokenizer of {repository}, which is not on this machine. "
            f"{how_to_get(spec)}"
        )
    try:
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
