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
from esam_core.modeling.promptable import EarlierMasks, ImageFeatures, Promptable
from esam_core.models import MODELS
from esam_core.segmenter import BaseSegmenter, TorchSegmenter

OPSET = 18  # the lowest that torch exports


class OnnxEncoder(nn.Module):
    """Maps images (1, 3, h, w), RGB in [0, 1], to the embedding and the skip features."""

    def __init__(self, network: Promptable):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Encode images (1, 3, h, w), RGB in [0, 1]."""
        embedding, skips = self.network.encode_image(images)
        return embedding, *skips


class OnnxDecoder(nn.Module):
    """Maps prompts and the encoder's output to low-resolution logits and predicted IoU.

    Args:
        network: The network.
        reads_masks: Whether earlier masks are inputs, too.
    """

    def __init__(self, network: Promptable, reads_masks: bool):
        super().__init__()
        self.network = network
        self.reads_masks = reads_masks

    def forward(
        self,
        coords: Tensor,
        labels: Tensor,
        image_hw: Tensor,
        *others: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Decode coords (q, 6, 2) in pixels of an image of size ``image_hw``, and labels (q, 6).

        Args:
            coords: (q, 6, 2).
            labels: (q, 6).
            image_hw: (2,).
            others: If the network reads masks, logits (q, h', w') and their presence (q,); then
                the encoder's outputs.

        Returns:
            Logits (q, 3, h', w') and predicted IoU (q, 3).
        """
        earlier = None
        if self.reads_masks:
            earlier = EarlierMasks(others[0][None], others[1][None])
            others = others[2:]
        embedding, *skips = others
        features = ImageFeatures(embedding, tuple(skips))
        positions = self.network.positions(coords[None], image_hw)
        context = self.network.prepare(features)
        logits, iou = self.network.decode_masks(features, context, positions, labels[None], earlier)
        return logits[0], iou[0]


def export_onnx(segmenter: BaseSegmenter, folder: Path | str) -> tuple[Path, Path]:
    """Write ``NAME_encoder.onnx`` and ``NAME_decoder.onnx``.

    The encoder takes ``images`` (1, 3, h, w) float32 RGB in [0, 1]: of any size for EfficientSAM,
    resized to the square input for the mini model. The decoder takes ``point_coords``
    (q, 6, 2) float32 in pixels of the image, padded with (-1, -1), ``point_labels`` (q, 6) int64,
    padded with -1, ``image_hw`` (2,) float32, and the encoder's outputs; that of a model that
    corrects masks also ``mask_input`` (q, h', w') float32, logits of an earlier candidate, and
    ``has_mask_input`` (q,) float32, 1 where there is one and else 0. It returns ``logits``
    (q, 3, h', w') of the resized image, and ``predicted_iou`` (q, 3), in the network's order.

    Args:
        segmenter: The model, on the CPU in fp32.
        folder: Output folder; created if needed.

    Returns:
        The paths of the encoder and the decoder.

    Raises:
        InvalidSettings: The network is not one of this project, the segmenter is not on the CPU in
            fp32, or a package is not installed.
        EsamError: The folder or a file cannot be written.
    """
    if not isinstance(segmenter, TorchSegmenter):
        raise InvalidSettings(
            f"{segmenter.title} has a network of another library, which this export does not know; "
            f"use one of {', '.join(name for name, spec in MODELS.items() if not spec.needs)}."
        )
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
        names = ["embedding", "skip_4", "skip_2"][: len(parts)]
        dynamic = None if fixed else ({2: Dim("height"), 3: Dim("width")},)
        _export(OnnxEncoder(network), (image,), encoder, ["images"], names, dynamic)
        # Labels share the query axis with the coordinates; naming it twice makes torch warn.
        queries, as_many = {0: Dim("queries")}, {0: Dim.AUTO}
        prompts = torch.full((3, 6, 2), 9.0), torch.ones(3, 6).long(), torch.tensor([64.0, 96])
        masks: tuple[Tensor, ...] = ()
        if segmenter.understands_mask_input:
            masks = torch.zeros(3, *segmenter.low_res_hw((64, 96))), torch.ones(3)
        _export(
            OnnxDecoder(network, bool(masks)),
            (*prompts, *masks, *parts),
            decoder,
            [
                *("point_coords", "point_labels", "image_hw"),
                *("mask_input", "has_mask_input")[: len(masks)],
                *names,
            ],
            ["logits", "predicted_iou"],
            (queries, as_many, None, (*(as_many for _ in masks), *({} for _ in parts))),
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
