"""CLIP and similar models, run by open_clip.

Weights come from a local file, from the hub's cache, or on request from the network.
"""

import logging
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from esam_core.devices import DTYPES, choose_device, choose_precision, computing, place
from esam_core.errors import InvalidSettings, WeightsMismatch, WeightsNotFound
from esam_core.modeling.cpu import free_cores
from esam_core.text.clip_weights import (
    cached_weights,
    download_clip,
    how_to_get,
    load_tokenizer,
    local_weights,
)
from esam_core.text.phrases import ParsedText, is_plural
from esam_core.text.specs import TextEncoderSpec
from esam_core.text.templates import TEMPLATES, sentences
from esam_core.weights import is_torchscript, read_torchscript
from esam_core.weights.digests import describe_wrong_kind

OLDEST = (2, 29)  # its list of weights is the first to say that OpenAI's need QuickGELU


class ClipEncoder:
    """A CLIP model: embeddings have unit length, so their products are cosines.

    Args:
        spec: Row of ``TEXT_ENCODERS``.
        model: open_clip's model.
        tokenizer: open_clip's tokenizer, which maps a list of n texts to tokens (n, t).
        provenance: Where the weights come from.
        device: Device that it runs on.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        templates: Sentences into which a text is put, see ``sentences``; their embeddings are
            averaged.
    """

    negatives: tuple[str, ...] = ("background", "texture")
    batch_size = 16

    def __init__(
        self,
        spec: TextEncoderSpec,
        model: nn.Module,
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
        visual: Any = model.visual
        logit_scale: Any = model.logit_scale
        size = visual.image_size
        self.input_size: int = size if isinstance(size, int) else size[0]
        self._mean, self._std = visual.image_mean, visual.image_std
        self.logit_scale: float | None = float(logit_scale.detach().exp())
        self._model: Any = place(model, self.device, self.precision)

    def parse(self, text: str) -> ParsedText:
        """Return the text unchanged: CLIP reads sentences."""
        return ParsedText(text, text, is_plural(text))

    def encode_crops(self, crops: np.ndarray) -> np.ndarray:
        """Encode crops (m, s, s, 3) uint8 RGB as unit embeddings (m, d) float32."""
        mean, std = (
            torch.tensor(v, device=self.device).view(1, 3, 1, 1) for v in (self._mean, self._std)
        )
        rows = []
        with (
            free_cores.computing(),
            torch.inference_mode(),
            computing(self.device, self.precision),
        ):
            for start in range(0, len(crops), self.batch_size):
                part = torch.tensor(crops[start : start + self.batch_size])
                pixels = part.to(self.device).permute(0, 3, 1, 2) / 255
                pixels = ((pixels - mean) / std).to(DTYPES[self.precision])
                rows.append(self._model.encode_image(pixels).float())
        return _unit(torch.cat(rows).cpu().numpy()) if rows else np.zeros((0, 1), np.float32)

    def merge(self, embeddings: np.ndarray) -> np.ndarray:
        """Average unit embeddings (n, c, d) over the c crops to unit embeddings (n, d)."""
        return _unit(embeddings.mean(1))

    def see(self, image: np.ndarray) -> None:
        """CLIP judges crops only, as in the paper."""

    def encode_texts(self, texts: Sequence[ParsedText]) -> np.ndarray:
        """Encode k texts, averaged over the templates, as unit embeddings (k, d) float32."""
        rows = []
        with (
            free_cores.computing(),
            torch.inference_mode(),
            computing(self.device, self.precision),
        ):
            for text in texts:
                tokens = self._tokenizer(sentences(text.subject, self._templates))
                encoded = self._model.encode_text(tokens.to(self.device))
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
    """Load a CLIP model from a local file, the hub's cache, or, on request, the network.

    Args:
        spec: Row of ``TEXT_ENCODERS``.
        weights: A local weights file: open_clip's ``.safetensors``, ``.bin`` or ``.pt``, or
            OpenAI's own TorchScript archive, such as ``ViT-B-32.pt``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        download: Fetch weights that are missing.

    Raises:
        InvalidSettings: A package is not installed or too old, or a device or precision is unknown.
        WeightsNotFound: The weights are not on this machine.
        WeightsMismatch: The file does not fit the model.
        DownloadFailed: The weights could not be downloaded.
    """
    open_clip = _open_clip()
    device = choose_device(device)
    origin = f"file {Path(weights).name}" if weights else f"open_clip tag {spec.pretrained}"
    path = local_weights(weights) if weights else cached_weights(spec)
    if path is None:
        if not download:
            raise WeightsNotFound(f"{spec.title} is not on this machine. {how_to_get(spec)}")
        path = download_clip(spec)
    model = _build(open_clip, spec, path)
    tokenizer = load_tokenizer(spec, download=download)
    return ClipEncoder(spec, model, tokenizer, origin, device, precision)


def _open_clip() -> Any:
    """Import open_clip and check its version."""
    try:
        import open_clip
    except ImportError as error:
        raise InvalidSettings(
            "CLIP needs open_clip, which is not installed. Run `pip install open_clip_torch`."
        ) from error
    if tuple(map(int, open_clip.__version__.split(".")[:2])) < OLDEST:
        raise InvalidSettings(
            f"open_clip {open_clip.__version__} is too old: it would compute OpenAI's CLIP with "
            f"another activation, and wrong. Run `pip install --upgrade 'open_clip_torch>="
            f"{OLDEST[0]}.{OLDEST[1]}'`."
        )
    return open_clip


def _build(open_clip: Any, spec: TextEncoderSpec, path: Path) -> nn.Module:
    """Build the network of a row with the weights of a file."""
    recipe = open_clip.get_pretrained_cfg(spec.model, spec.pretrained)
    tensors = read_torchscript(path) if is_torchscript(path) else None
    try:
        with _unsaid("Model initialized randomly"):  # an archive's weights are put in below
            model: nn.Module = open_clip.create_model(
                spec.model,
                pretrained=str(path) if tensors is None else None,
                force_quick_gelu=recipe.get("quick_gelu", False),
                force_preprocess_cfg={k: recipe[k] for k in ("mean", "std") if k in recipe},
            )
        if tensors is not None:
            model.load_state_dict(_weights_for(model, tensors))
    except Exception as error:  # open_clip raises many types of errors for a wrong file
        raise WeightsMismatch(
            f"{path} does not hold the weights of {spec.title}{describe_wrong_kind(path)}: "
            f"{_reason(error)}. Give the file that open_clip publishes for it, or its authors'."
        ) from error
    return model


def _reason(error: Exception) -> str:
    """Return one line; torch's own advice on pickles, to run what is in them, is left out."""
    if isinstance(error, pickle.UnpicklingError | KeyError | EOFError):
        return "it holds more than tensors, or is damaged; nothing in it was run"
    return " ".join(str(error).split())[:200].rstrip(".,") or type(error).__name__


@contextmanager
def _unsaid(warning: str) -> Iterator[None]:
    """Keep a warning that open_clip gives its users, and that is not true here, off stderr."""

    def other(record: logging.LogRecord) -> bool:
        return warning not in record.getMessage()

    root = logging.getLogger()
    root.addFilter(other)
    try:
        yield
    finally:
        root.removeFilter(other)


def _weights_for(model: nn.Module, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Leave out what OpenAI's archives have beside weights: sizes, such as "context_length".

    Weights of layers that the model lacks stay, and are refused when they are loaded.
    """
    names = model.state_dict().keys()
    return {k: v for k, v in tensors.items() if k in names or k.endswith(("weight", "bias"))}


def _unit(rows: np.ndarray) -> np.ndarray:
    """Scale rows (n, d) to unit length."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
