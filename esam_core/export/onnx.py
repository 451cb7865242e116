"""ONNX export of a model: an encoder, and a decoder with a dynamic number of prompts.

Upstream's export fixes the number of prompts to one. Here it is dynamic, so that a detector's boxes
or a grid of points are decoded in one call.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim

from esam_core.errors import InvalidSettings
from esam_core.files import make_folder, writing
from esam_core.modeling.promptable import ImageFeatures, Promptable
from esam_core.segmenter import TorchSegmenter

OPSET = 18  # the lowest that torch exports


class OnnxEncoder(nn.Module):
    """Maps images (1, 3, h, w), RGB in [0, 1], to the embedding and the skip features, if any."""

    def __init__(self, network: Promptable):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Encode images (1, 3, h, w), RGB in [0, 1]."""
        features = self.network.encode_image(images)
        return tuple(part for part in features if part is not None)


class OnnxDecoder(nn.Module):
    """Maps prompts and the encoder's output to low-resolution logits and predicted IoU."""

    def __init__(self, network: Promptable):
        super().__init__()
        self.network = network

    def forward(
        self,
        coords: Tensor,
        labels: Tensor,
        image_hw: Tensor,
        embedding: Tensor,
        skip: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Decode coords (q, 6, 2) in pixels of an image of size ``image_hw``, and labels (q, 6).

        Returns:
            Logits (q, 3, h', w') and predicted IoU (q, 3).
        """
        features = ImageFeatures(embedding, skip)
        positions = self.network.positions(coords[None], image_hw)
        context = self.network.prepare(features)
        logits, iou = self.network.decode_masks(features, context, positions, labels[None])
        return logits[0], iou[0]


def export_onnx(segmenter: TorchSegmenter, folder: Path | str) -> tuple[Path, Path]:
    """Write ``NAME_encoder.onnx`` and ``NAME_decoder.onnx``.

    The encoder takes ``images`` (1, 3, h, w) float32 RGB in [0, 1]: of any size for EfficientSAM,
    resized to the square input for the mini model. The decoder takes ``point_coords``
    (q, 6, 2) float32 in pixels of the image, padded with (-1, -1), ``point_labels`` (q, 6) int64,
    padded with -1, ``image_hw`` (2,) float32, and the encoder's outputs; it returns ``logits``
    (q, 3, h', w') of the resized image, and ``predicted_iou`` (q, 3), in the network's order.

    Args:
        segmenter: The model, on the CPU in fp32.
        folder: Output folder; created if needed.

    Returns:
        The paths of the encoder and the decoder.

    Raises:
        InvalidSettings: The segmenter is not on the CPU in fp32, or a package is not installed.
        EsamError: The folder or a file cannot be written.
    """
    if (segmenter.device, segmenter.precision) != ("cpu", "fp32"):
        raise InvalidSettings(
            f"the model runs on {segmenter.device} in {segmenter.precision}; ONNX files are "
            'written in fp32 from the CPU: load it with device="cpu", precision="fp32".'
        )
    folder = make_folder(Path(folder))
    encoder, decoder = (folder / f"{segmenter.name}_{part}.onnx" for part in ("encoder", "decoder"))
    network = segmenter.network
    fixed = network.antialias  # an antialiased resize has no ONNX operator
    side = network.image_size
    image = torch.zeros(1, 3, side, side) if fixed else torch.zeros(1, 3, side // 2, side)
    with torch.no_grad():
        parts = OnnxEncoder(network)(image)
        names = ["embedding", "skip"][: len(parts)]
        dynamic = None if fixed else ({2: Dim("height"), 3: Dim("width")},)
        _export(OnnxEncoder(network), (image,), encoder, ["images"], names, dynamic)
        # Labels share the query axis with the coordinates; naming it twice makes torch warn.
        queries, as_many = {0: Dim("queries")}, {0: Dim.AUTO}
        _export(
            OnnxDecoder(network),
            (torch.full((3, 6, 2), 9.0), torch.ones(3, 6).long(), torch.tensor([64.0, 96]), *parts),
            decoder,
            ["point_coords", "point_labels", "image_hw", *names],
            ["logits", "predicted_iou"],
            (queries, as_many, None, *(None for _ in parts)),
        )
    return encoder, decoder


def _export(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    input_names: list[str],
    output_names: list[str],
    dynamic_shapes: tuple | None,
) -> None:
    try:
        with writing(path):
            torch.onnx.export(
                module.eval(),
                inputs,
                str(path),
                input_names=input_names,
                output_names=output_names,
                dynamic_shapes=dynamic_shapes,
                opset_version=OPSET,
                external_data=False,
                dynamo=True,
                verbose=False,
            )
    except ModuleNotFoundError as error:
        raise InvalidSettings(
            f"ONNX export needs the package {error.name}, which is not installed: "
            "pip install onnx onnxscript."
        ) from error
