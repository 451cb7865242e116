"""Saliency maps: how much each pixel of an image stands out, by U2-Net or IS-Net."""

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
MAX_THREADS = 4  # more gain little on a map of 320 x 320, and disturb everything else


@dataclass(frozen=True, slots=True)
class SaliencySpec:
    """One saliency model.

    Args:
        name: Name in code and on the command line.
        title: Name in the interface and in captions.
        weights: The ONNX file and where it comes from.
        licence: Of the weights.
        paper: Where it is described.
        input_size: Side of the square that it reads, in pixels.
        divide_by_max: Whether pixels are divided by the image's own maximum instead of 255.
        mean: Per channel, subtracted from the pixels.
        std: Per channel; the pixels are divided by it.
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
    """What stands out in an image.

    Args:
        data: (h, w) float32 in [0, 1], in the size of the image; 1 is its most salient pixel.
        peak: The network's own confidence there, in [0, 1]. ``data`` is stretched to [0, 1] even
            where nothing stands out; then the peak is near 0 (0.06 and less on empty pictures,
            0.98 and more on photos of objects).
        provenance: The model and its weights.
    """

    data: np.ndarray
    peak: float
    provenance: str


class SaliencyModel:
    """A saliency network, run by onnxruntime; safe to use from several threads.

    Args:
        spec: Row of ``SALIENCY``.
        session: The network.
        provenance: Where its weights come from.
    """

    def __init__(self, spec: SaliencySpec, session: "InferenceSession", provenance: str):
        self.name, self.title, self.provenance = spec.name, spec.title, provenance
        self._spec, self._session = spec, session

    def estimate(self, image: np.ndarray) -> SaliencyMap:
        """Compute the saliency map (h, w) of an image (h, w, 3) uint8 RGB.

        Raises:
            InvalidImage: Another shape or type; use ``load_rgb``.
        """
        pixels = preprocess(check_rgb(image), self._spec)
        fused = self._session.run(None, {self._session.get_inputs()[0].name: pixels})[0][0, 0]
        low, peak = float(fused.min()), float(fused.max())
        stretched = Image.fromarray((fused - low) / max(peak - low, 1e-8))
        height, width = image.shape[:2]
        data = np.array(stretched.resize((width, height), Image.Resampling.BILINEAR))
        return SaliencyMap(data, peak, f"{self.title} ({self.provenance})")


def preprocess(image: np.ndarray, spec: SaliencySpec) -> np.ndarray:
    """Turn an image (h, w, 3) uint8 RGB into the network's input (1, 3, s, s) float32.

    Source: U-2-Net, ``data_loader.py`` (stretch, divide by the maximum, ImageNet's mean and
    deviation); DIS, ``Inference.py`` for IS-Net.
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
        weights: An ONNX file, or the folder it lies in, instead of the usual places.
        download: Fetch a file that is missing.

    Raises:
        UnknownModel: No such row.
        WeightsNotFound: The file is not there.
        WeightsMismatch: The file holds something else.
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
    options.log_severity_level = 3  # its warnings are about the exported graph, nothing to act on
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no public base class
        raise WeightsMismatch(
            f"{path} cannot be read as an ONNX network: {str(error).partition(chr(10))[0]}. "
            "Name a .onnx file of this model."
        ) from error
