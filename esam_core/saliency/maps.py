"""Saliency maps by U2-Net or IS-Net."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from esam_core.errors import InvalidSettings, UnknownModel, WeightsMismatch
from esam_core.images import check_rgb, stretch_rgb
from esam_core.weights import (
    ISNET_GENERAL_USE,
    U2NET,
    U2NETP,
    WeightsFile,
    obtain_weights,
    provenance,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MAX_THREADS = 4  # more gain little on a map of 320 x 320 and compete with other work


@dataclass(frozen=True, slots=True)
class SaliencySpec:
    """One saliency model.

    Args:
        name: Name in code and on the command line.
        title: Name in the interface and in captions.
        weights: The ONNX file and its sources.
        licence: Licence of the weights.
        paper: The paper that describes it.
        input_size: Side of its square input in pixels.
        divide_by_max: Whether pixels are divided by the image's maximum instead of 255.
        mean: Per-channel mean of the normalisation.
        std: Per-channel standard deviation of the normalisation.
    """

    name: str
    title: str
    weights: WeightsFile
    licence: str
    paper: str
    input_size: int = 320
    divide_by_max: bool = True
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


_U2NET_PAPER = "Qin et al., U2-Net, Pattern Recognition 2020, arXiv 2005.09007"
_ROWS = (
    SaliencySpec("u2netp", "U2-Netp", U2NETP, "Apache-2.0", _U2NET_PAPER),
    SaliencySpec("u2net", "U2-Net", U2NET, "Apache-2.0", _U2NET_PAPER),
    SaliencySpec(
        "isnet-general-use",
        "IS-Net",
        ISNET_GENERAL_USE,
        "Apache-2.0; its training photos (DIS5K) are for non-commercial use",
        "Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022, arXiv 2203.03041",
        input_size=1024,
        divide_by_max=False,
        mean=(0.5, 0.5, 0.5),
        std=(1.0, 1.0, 1.0),
    ),
)

SALIENCY: dict[str, SaliencySpec] = {row.name: row for row in _ROWS}


@dataclass(frozen=True, slots=True, eq=False)
class SaliencyMap:
    """The saliency map of an image.

    Args:
        data: (h, w) float32 in [0, 1], in the size of the image; 1 is the most salient pixel.
        peak: The network's raw output at that pixel, in [0, 1]. ``data`` is normalised to [0, 1]
            even if nothing is salient; the peak is then near 0 (at most 0.06 on empty images, at
            least 0.98 on photos of objects).
        provenance: The model and its weights.
    """

    data: np.ndarray
    peak: float
    provenance: str


class SaliencyModel:
    """A saliency network run by onnxruntime; thread-safe.

    Args:
        spec: Row of ``SALIENCY``.
        session: The network.
        provenance: Where the weights come from.
    """

    def __init__(self, spec: SaliencySpec, session: "InferenceSession", provenance: str):
        self.name, self.title, self.provenance = spec.name, spec.title, provenance
        self._spec, self._session = spec, session

    def estimate(self, image: np.ndarray) -> SaliencyMap:
        """Compute the saliency map (h, w) of an image (h, w, 3) uint8 RGB.

        Raises:
            InvalidImage: Wrong shape or type; use ``load_rgb``.
        """
        pixels = preprocess(check_rgb(image), self._spec)
        fused = self._session.run(None, {self._session.get_inputs()[0].name: pixels})[0][0, 0]
        low, peak = float(fused.min()), float(fused.max())
        stretched = Image.fromarray((fused - low) / max(peak - low, 1e-8))
        height, width = image.shape[:2]
        data = np.array(stretched.resize((width, height), Image.Resampling.BILINEAR))
        return SaliencyMap(data, peak, f"{self.title} ({self.provenance})")


def preprocess(image: np.ndarray, spec: SaliencySpec) -> np.ndarray:
    """Convert an image (h, w, 3) uint8 RGB to the network's input (1, 3, s, s) float32.

    Source: U-2-Net, ``data_loader.py`` (resize to a square, divide by the maximum, normalise by
    ImageNet's mean and deviation); DIS, ``Inference.py`` for IS-Net.
    """
    square = stretch_rgb(image, (spec.input_size, spec.input_size)).astype(np.float32)
    mean, std = np.array(spec.mean, np.float32), np.array(spec.std, np.float32)
    pixels = square / np.float32(max(square.max(), 1e-6) if spec.divide_by_max else 255)
    pixels = (pixels - mean) / std
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def load_saliency(
    name: str = "u2netp", *, weights: Path | str | None = None, download: bool = False
) -> SaliencyModel:
    """Load a saliency model.

    Args:
        name: A row of ``SALIENCY``; ``u2netp`` comes with the project.
        weights: An ONNX file, or its folder, instead of the usual places.
        download: Download a missing file.

    Raises:
        UnknownModel: Unknown name.
        WeightsNotFound: The file was not found.
        WeightsMismatch: The file is not this model.
        InvalidSettings: onnxruntime is not installed.
    """
    if name not in SALIENCY:
        raise UnknownModel(f"saliency model {name!r} is unknown; use one of {', '.join(SALIENCY)}.")
    spec = SALIENCY[name]
    path = obtain_weights(spec.weights, weights, download=download)
    return SaliencyModel(spec, _open_session(path), provenance(spec.weights, path))


def _open_session(path: Path) -> "InferenceSession":
    try:
        import onnxruntime
    except ImportError as error:
        raise InvalidSettings(
            "saliency maps are computed by onnxruntime, which is not installed. "
            "Run `pip install onnxruntime`."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(MAX_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings concern the exported graph only
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no public base class
        raise WeightsMismatch(
            f"{path} cannot be read as an ONNX network: {str(error).partition(chr(10))[0]}. "
            "Name a .onnx file of this model."
        ) from error
