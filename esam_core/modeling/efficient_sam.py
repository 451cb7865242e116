"""EfficientSAM: a plain vision transformer in front of SAM's decoder.

Parameter names and shapes equal upstream's 278 tensors, so its checkpoints load strictly.
Source: yformer/EfficientSAM at d525f622.
"""

import torch
from torch import Tensor

from esam_core.modeling.config import EfficientSamConfig
from esam_core.modeling.image_encoder import ImageEncoder
from esam_core.modeling.mask_decoder import MaskDecoder
from esam_core.modeling.prompt_encoder import PromptEncoder
from esam_core.modeling.promptable import ImageFeatures, Promptable

MAX_TOKENS = 6


class EfficientSam(Promptable):
    """EfficientSAM-Ti or -S, after its config."""

    def __init__(self, config: EfficientSamConfig):
        # Half a pixel is added in the stretched square, not in the photo, and the photo is shrunk
        # without a low-pass filter: both as in training.
        super().__init__(config.image_size, 0.5, antialias=False, upscale_mode="bicubic")
        self.config = config
        self.image_encoder = ImageEncoder(config)
        self.prompt_encoder = PromptEncoder(config.decoder.dim)
        self.mask_decoder = MaskDecoder(config.decoder)

    def encode_image(self, images: Tensor) -> ImageFeatures:
        return ImageFeatures(self.image_encoder(self.preprocess(images)))

    def encode_prompts(
        self, features: ImageFeatures, positions: Tensor, labels: Tensor
    ) -> tuple[Tensor, None]:
        """Fill up to six slots: fewer tokens are padded, as the network was trained."""
        missing = MAX_TOKENS - positions.shape[2]
        if missing < 0:
            raise ValueError(
                f"{positions.shape[2]} prompt tokens given, EfficientSAM reads {MAX_TOKENS}."
            )
        pad = positions.new_full((*positions.shape[:2], missing, 2), -0.5 / self.image_size)
        positions = torch.cat([positions, pad], dim=2)
        labels = torch.cat([labels, labels.new_full((*labels.shape[:2], missing), -1)], dim=2)
        return self.prompt_encoder(positions, labels), None
