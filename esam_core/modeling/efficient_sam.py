"""EfficientSAM: a plain vision transformer in front of SAM's decoder.

Parameter names and shapes equal upstream's 278 tensors, so its checkpoints load strictly.
Source: yformer/EfficientSAM at d525f622.
"""

from torch import Tensor

from esam_core.modeling.config import EfficientSamConfig
from esam_core.modeling.image_encoder import ImageEncoder
from esam_core.modeling.mask_decoder import MaskDecoder
from esam_core.modeling.prompt_encoder import PromptEncoder
from esam_core.modeling.promptable import ImageFeatures, Promptable


class EfficientSam(Promptable):
    """EfficientSAM-Ti or -S, depending on the config."""

    image_encoder: ImageEncoder

    def __init__(self, config: EfficientSamConfig):
        # As in training, half a pixel is added in the stretched square, not in the image, and the
        # image is downscaled without a low-pass filter.
        super().__init__(config.image_size, 0.5, antialias=False, upscale_mode="bicubic")
        self.config = config
        self.image_encoder = ImageEncoder(config)
        self.prompt_encoder = PromptEncoder(config.decoder.dim)
        self.mask_decoder = MaskDecoder(config.decoder)

    def encode_image(self, images: Tensor) -> ImageFeatures:
        return ImageFeatures(self.image_encoder(self.preprocess(images)))

    def compile_encoder(self) -> None:
        # One block at a time: they are alike, so one compilation serves all twelve.
        for block in self.image_encoder.blocks:
            block.compile()
