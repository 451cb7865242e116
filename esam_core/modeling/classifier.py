"""The ImageNet classifier of the offline words, rebuilt from its weights file.

Source: timm's ``tf_efficientnet_lite2``, with the weights of Google's EfficientNet-Lite.
"""

import timm
import torch
from torch import Tensor, nn

from esam_core.modeling.cpu import free_cores
from esam_core.modeling.mini import BACKBONE
from esam_core.modeling.promptable import PIXEL_MEAN, PIXEL_STD

PARTS = ("backbone.", "classifier.")


def build_classifier(state: dict[str, Tensor]) -> nn.Module:
    """Build the classifier, from images (m, 3, s, s) to logits, from its state dict.

    Raises:
        RuntimeError: Tensors are missing or have a wrong shape.
    """
    network = timm.create_model(BACKBONE, pretrained=False)
    own = {
        key.removeprefix(part): value
        for key, value in state.items()
        for part in PARTS
        if key.startswith(part)
    }
    network.load_state_dict(own, strict=True)
    return network


@free_cores.computing()
@torch.inference_mode()
def classify(network: nn.Module, crops: Tensor) -> Tensor:
    """Turn crops (m, s, s, 3) uint8 RGB into class probabilities (m, 1000) float32."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (PIXEL_MEAN, PIXEL_STD))
    pixels = (crops.permute(0, 3, 1, 2) / 255 - mean) / std
    return network(pixels.to(next(network.parameters()).dtype)).float().softmax(-1)
