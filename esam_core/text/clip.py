"""CLIP and its kin through open_clip: weights from its own cache, a local file, or the network."""

import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esam_core.devices import DTYPES, choose_device, choose_precision, computing, place
from esam_core.errors import DownloadFailed, InvalidSettings, WeightsMismatch, WeightsNotFound
from esam_core.text.encoders import TextEncoderSpec
from esam_core.text.phrases import is_plural
from esam_core.text.vocabulary import Reading

if TYPE_CHECKING:
    import torch

TEMPLATES = (
    "a photo of a {}.",
    "a cropped photo of a {}.",
    "a close-up photo of a {}.",
    "a photo of the {}.",
    "{}",
)
WEIGHTS_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
PROBE_SECONDS = 5


class ClipEncoder:
    """A CLIP model: rows of unit length, whose products are cosines.

    Args:
        spec: Row of ``TEXT_ENCODERS``.
        model: open_clip's model.
        tokenizer: Texts to tokens.
        provenance: Where the weights come from.
        device: Where it runs.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        templates: Sentences that a text is put into; their embeddings are averaged.
    """

    negatives = ("background", "texture")
    chunk = 16

    def __init__(
        self,
        spec: TextEncoderSpec,
        model: "torch.nn.Module",
        tokenizer: Any,
        provenance: str,
        device: str = "cpu",
        precision: str = "fp32",
        templates: Sequence[str] = TEMPLATES,
    ):
        self.name, self.title, self.provenance = spec.name, spec.title, provenance
        self.threshold = spec.threshold
        self.device, self.precision = device, choose_precision(precision, device)
        self._tokenizer, self._templates = tokenizer, tuple(templates)
        visual = model.visual
        size = visual.image_size
        self.input_size = size if isinstance(size, int) else size[0]
        self._mean, self._std = visual.image_mean, visual.image_std
        self.logit_scale = float(model.logit_scale.detach().exp())
        self._model = place(model, self.device, self.precision)

    def read(self, text: str) -> Reading:
        """Take the text as it is: CLIP reads sentences."""
        return Reading(text, text, is_plural(text))

    def encode_views(self, views: np.ndarray) -> np.ndarray:
        """Encode views (m, s, s, 3) uint8 as unit rows (m, d)."""
        import torch

        mean, std = (
            torch.tensor(v, device=self.device).view(1, 3, 1, 1) for v in (self._mean, self._std)
        )
        rows = []
        with torch.inference_mode(), computing(self.device, self.precision):
            for start in range(0, len(views), self.batch_size):
                part = torch.tensor(views[start : start + self.batch_size])
                pixels = part.to(self.device).permute(0, 3, 1, 2) / 255
                pixels = ((pixels - mean) / std).to(DTYPES[self.precision])
                rows.append(self._model.encode_image(pixels).float())
        return _unit(torch.cat(rows).cpu().numpy()) if rows else np.zeros((0, 1), np.float32)

    def merge(self, rows: np.ndarray) -> np.ndarray:
        """Average unit rows over views and make them unit length again."""
        return _unit(rows.mean(1))

    def encode_texts(self, readings: Sequence[Reading]) -> np.ndarray:
        """Encode each text in every template, average, and make the rows unit length."""
        import torch

        rows = []
        with torch.inference_mode(), computing(self.device, self.precision):
            for reading in readings:
                said = [template.format(reading.subject) for template in self._templates]
                encoded = self._model.encode_text(self._tokenizer(said).to(self.device))
                rows.append(_unit(encoded.float().cpu().numpy()).mean(0))
        return _unit(np.stack(rows)) if rows else np.zeros((0, 1), np.float32)


def load_clip(
    spec: TextEncoderSpec,
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    download: bool = False,
) -> ClipEncoder:
    """Load a CLIP model from a local file, open_clip's cache, or, on request, the network.

    Raises:
        InvalidSettings: A package, a device or a precision that is not here.
        WeightsNotFound: The weights are not on this machine.
        WeightsMismatch: The file does not fit the model.
        DownloadFailed: The network does not deliver them.
    """
    try:
        import open_clip
    except ImportError as error:
        raise InvalidSettings(
            "CLIP is run by open_clip, which is not installed. Run `pip install open_clip_torch`."
        ) from error
    device = choose_device(device)
    recipe = open_clip.get_pretrained_cfg(spec.model, spec.pretrained)
    origin = f"file {Path(weights).name}" if weights else f"open_clip tag {spec.pretrained}"
    path = _named(weights) if weights else _cached(recipe)
    if path is None:
        path = _download(spec, recipe) if download else _refuse(spec)
    try:
        model = open_clip.create_model(
            spec.model,
            pretrained=str(path),
            force_quick_gelu=recipe.get("quick_gelu", False),
            force_preprocess_cfg={k: recipe[k] for k in ("mean", "std") if k in recipe},
        )
    except Exception as error:  # a wrong file breaks open_clip's reader in many ways
        raise WeightsMismatch(
            f"{path} does not hold the weights of {spec.title}: {str(error).strip()[:200]}. Give "
            "the file that open_clip publishes for it."
        ) from error
    return ClipEncoder(spec, model, _tokenizer(spec, download), origin, device, precision)


def _named(weights: Path | str) -> Path:
    path = Path(weights).expanduser()
    if not path.is_file():
        raise WeightsNotFound(f"{path} is not a file; name the .safetensors, .bin or .pt file.")
    return path


def _cached(recipe: dict[str, Any]) -> Path | None:
    """Find weights that open_clip has downloaded before, without asking the network."""
    from huggingface_hub import try_to_load_from_cache

    repository = recipe.get("hf_hub", "").rstrip("/")
    for name in WEIGHTS_NAMES if repository else ():
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def _refuse(spec: TextEncoderSpec) -> Path:
    raise WeightsNotFound(
        f"{spec.title} is not on this machine. Get it with `python -m esam_core text PHOTO TEXT "
        f"--encoder {spec.name} --download` ({spec.size_mb} MB, into open_clip's cache), or name a "
        "file you have. Until then the offline vocabulary answers."
    )


def _download(spec: TextEncoderSpec, recipe: dict[str, Any]) -> Path:
    import open_clip

    _check_connection(spec)
    try:
        return Path(open_clip.download_pretrained(recipe))
    except Exception as error:  # of the hub's client, of urllib, of open_clip: all mean the same
        raise DownloadFailed(
            f"{spec.title} could not be downloaded: {str(error).strip()[:200]} Check the "
            "connection and try again, or name a file you have."
        ) from error


def _check_connection(spec: TextEncoderSpec) -> None:
    """Ask the hub once: its own client would try for most of a minute before it says no."""
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise DownloadFailed(
            f"{spec.title} is not on this machine, and HF_HUB_OFFLINE forbids to download it. "
            "Unset it, or name a file you have."
        )
    try:
        request = urllib.request.Request(hub, method="HEAD")
        urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError:
        return  # it answers; what it says about its front page does not matter
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise DownloadFailed(
            f"{spec.title} could not be downloaded: no connection to {hub} ({reason}). Try again "
            "when there is one, or name a file you have."
        ) from error


def _tokenizer(spec: TextEncoderSpec, download: bool) -> Any:
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
            f"Get it with `--encoder {spec.name} --download`."
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


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
