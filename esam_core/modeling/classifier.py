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
CELL = 32  # pixels of the image per cell of the last features


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
    return network(_pixels(network, crops)).float().softmax(-1)


@free_cores.computing()
@torch.inference_mode()
def class_map(network: nn.Module, image: Tensor) -> Tensor:
    """Turn an image (h, w, 3) uint8 RGB into class probabilities (1000, h / 32, w / 32) float32.

    The last features are classified cell by cell instead of their mean, see "Learning Deep Features
    for Discriminative Localization" (Zhou et al., CVPR 2016).

    Args:
        network: From ``build_classifier``.
        image: Height and width are multiples of ``CELL``.
    """
    forward_features, classifier = network.forward_features, network.classifier
    assert callable(forward_features) and callable(classifier), "timm's models have both"
    cells = forward_features(_pixels(network, image[None]))[0]
    logits = classifier(cells.permute(1, 2, 0))
    return logits.float().softmax(-1).permute(2, 0, 1).contiguous()


def _pixels(network: nn.Module, images: Tensor) -> Tensor:
    """Normalise images (m, h, w, 3) uint8 RGB to (m, 3, h, w) in the network's precision."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (PIXEL_MEAN, PIXEL_STD))
    pixels = (images.permute(0, 3, 1, 2) / 255 - mean) / std
    return pixels.to(next(network.parameters()).dtype)
