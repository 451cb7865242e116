"""Architecture settings of the networks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Sizes of the prompt encoder and the mask decoder.

    Args:
        dim: Channels of the image embedding and of a token.
        heads: Attention heads.
        mlp_dim: Hidden size of the token MLP.
        upscaled: Channels after each of the two upscaling steps.
        masks: Number of mask tokens; the first one is never used (see MaskDecoder).
    """

    dim: int = 256
    heads: int = 8
    mlp_dim: int = 2048
    upscaled: tuple[int, int] = (64, 32)
    masks: int = 4


@dataclass(frozen=True, slots=True)
class EfficientSamConfig:
    """EfficientSAM's architecture; the defaults are EfficientSAM-Ti.

    Args:
        embed_dim: Channels of the vision transformer.
        num_heads: Attention heads; 64 channels each in the published models.
        depth: Number of transformer blocks.
        patch_size: Side of a patch in pixels.
        image_size: Side in pixels of the square that every image is stretched to.
        pretrain_size: Side in pixels at which the position embedding was learned.
        decoder: The prompt encoder and mask decoder.
    """

    embed_dim: int = 192
    num_heads: int = 3
    depth: int = 12
    patch_size: int = 16
    image_size: int = 1024
    pretrain_size: int = 224
    decoder: DecoderConfig = DecoderConfig()

    @property
    def grid(self) -> int:
        """Tokens on a side of the image embedding."""
        return self.image_size // self.patch_size


@dataclass(frozen=True, slots=True)
class MiniConfig:
    """The bundled mini model: a convolutional encoder in front of a narrower decoder."""

    image_size: int = 384
    decoder: DecoderConfig = DecoderConfig(dim=128, heads=4, mlp_dim=512, upscaled=(32, 16))

    @property
    def grid(self) -> int:
        """Tokens on a side of the image embedding."""
        return self.image_size // 8  # its features at stride 8


@dataclass(frozen=True, slots=True)
class SamSize:
    """What distinguishes SAM's three image encoders, as published.

    Args:
        width: Channels of the vision transformer.
        layers: Number of transformer blocks.
        heads: Attention heads.
        global_layers: Indices of the blocks that attend to the whole image.
    """

    width: int
    layers: int
    heads: int
    global_layers: tuple[int, ...]
