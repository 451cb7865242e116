"""The small bundled model: an image classifier's features in front of EfficientSAM's decoder.

An EfficientNet-Lite2 and a small feature pyramid compute the embedding. The prompt encoder and mask
decoder are the same classes as EfficientSAM's, narrower, with five additions that help with little
training data: background points have a learned vector; a click's token includes the image feature
under it, a box's tokens the mean feature inside it; the geometry of the prompt is added to the
image tokens after the first block; an earlier mask may be part of that geometry; and features of
stride 4 and 2 join the two upscaling steps. It is a demonstration model of this project, not
EfficientSAM. Source: assets/weights/esam_mini.md.
"""

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling.config import MiniConfig
from esam_core.modeling.layers import LayerNorm2d
from esam_core.modeling.mask_decoder import MaskDecoder
from esam_core.modeling.prompt_encoder import LABEL_EMBEDDINGS, PromptEncoder
from esam_core.modeling.promptable import EarlierMasks, ImageFeatures, Promptable

BACKBONE = "tf_efficientnet_lite2"
STRIDE_CHANNELS = (16, 24, 48, 120, 352)  # at strides 2, 4, 8, 16, 32
PLACE_FEATURES = 11  # of a cell towards clicks and box
MASK_FEATURES = 5  # of a cell in an earlier mask
LARGEST_LOGIT = 12.0  # earlier masks are clamped to this on both sides, as in training
POINT_SCALES = (0.02, 0.08, 0.3)  # distance scales of a click, as fractions of the image's side
FAR = 2.0  # larger than any distance within the image


class FeaturePyramid(nn.Module):
    """Features at strides 2, 4, 8, 16, 32 to an embedding at stride 8 and skips at 4 and 2."""

    def __init__(self, channels: tuple[int, ...], dim: int, skips: tuple[int, int]):
        super().__init__()
        self.lat = nn.ModuleList(nn.Conv2d(c, dim, 1) for c in channels[2:])
        self.mix16 = nn.Sequential(_conv3(dim), LayerNorm2d(dim), nn.GELU())
        self.mix8 = nn.Sequential(
            _conv3(dim), LayerNorm2d(dim), nn.GELU(), _conv3(dim), LayerNorm2d(dim)
        )
        self.skip4 = nn.Conv2d(channels[1], skips[0], 1)
        self.skip2 = nn.Conv2d(channels[0], skips[1], 1)

    def forward(self, features: list[Tensor]) -> ImageFeatures:
        at2, at4, *coarser = features
        at8, at16, at32 = (lat(f) for lat, f in zip(self.lat, coarser, strict=True))
        at16 = self.mix16(at16 + _grow_like(at32, at16))
        embedding = self.mix8(at8 + _grow_like(at16, at8))
        return ImageFeatures(embedding, (self.skip4(at4), self.skip2(at2)))


def _conv3(dim: int) -> nn.Conv2d:
    return nn.Conv2d(dim, dim, 3, padding=1, bias=False)


def _grow_like(x: Tensor, other: Tensor) -> Tensor:
    return F.interpolate(x, other.shape[-2:], mode="bilinear")


class MiniPromptEncoder(PromptEncoder):
    """The prompt encoder with background points, image features in the tokens, and geometry."""

    def __init__(self, dim: int):
        super().__init__(dim, LABEL_EMBEDDINGS | {0: "negative_embeddings"})
        self.click_features = nn.Linear(dim, dim)
        self.box_features = nn.Linear(dim, dim)
        self.geometry = nn.Sequential(
            nn.Linear(PLACE_FEATURES + MASK_FEATURES, 32), nn.GELU(), nn.Linear(32, dim)
        )

    def encode(
        self,
        embedding: Tensor,
        positions: Tensor,
        labels: Tensor,
        earlier: EarlierMasks | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Encode the prompts of b images.

        Args:
            embedding: (b, dim, h, w).
            positions: (b, q, t, 2) in [0, 1].
            labels: (b, q, t).
            earlier: Earlier masks of the prompts, if any.

        Returns:
            Tokens (b, q, t, dim) and geometry (b * q, h * w, dim).
        """
        dtype = embedding.dtype
        cells = self.pe_layer.cell_centres(*embedding.shape[-2:])
        # Without a box both corners are zero, so no cell lies between them.
        top_left, bottom_right = (
            (positions * (labels == corner)[..., None]).sum(2, keepdim=True) for corner in (2, 3)
        )  # (b, q, 1, 2)
        inside = ((cells > top_left) & (cells < bottom_right)).all(-1).to(dtype)  # (b, q, h * w)
        mean = inside @ embedding.flatten(2).mT / inside.sum(-1, keepdim=True).clamp(min=1)
        # In float32: half precision cannot represent positions, and some CPU kernels lack it.
        under = F.grid_sample(
            embedding.float(), 2 * positions - 1, padding_mode="border", align_corners=False
        ).to(dtype)
        is_click = ((labels == 0) | (labels == 1))[..., None].to(dtype)
        is_corner = ((labels == 2) | (labels == 3))[..., None].to(dtype)
        tokens = self(positions, labels)
        tokens = tokens + self.click_features(under.permute(0, 2, 3, 1)) * is_click
        tokens = tokens + self.box_features(mean)[:, :, None] * is_corner
        place = _describe(positions, labels, (top_left, bottom_right), cells)
        before = place.new_zeros(*place.shape[:-1], MASK_FEATURES)
        if earlier is not None:
            before = _describe_masks(earlier.logits) * earlier.present[..., None, None]
        described = torch.cat([place, before], dim=-1)
        return tokens, self.geometry(described.to(dtype)).flatten(0, 1)


def _describe(
    positions: Tensor, labels: Tensor, corners: tuple[Tensor, Tensor], cells: Tensor
) -> Tensor:
    """Describe each cell by eleven numbers (b, q, h * w, 11): nearness to clicks, place in the box.

    The order of the columns is the order in which the weights were trained.
    """
    columns = []
    distance = (cells[:, None] - positions[:, :, None]).norm(dim=-1)  # (b, q, h * w, t)
    for label in (1, 0):
        nearest = distance.masked_fill((labels != label)[:, :, None], FAR).amin(-1)
        columns += [torch.exp(-((nearest / scale) ** 2)) for scale in POINT_SCALES]
    top_left, bottom_right = corners
    has_box = (labels == 2).any(-1, keepdim=True).float()  # (b, q, 1)
    size = (bottom_right - top_left).clamp(min=1e-3)
    sides = torch.minimum((cells - top_left) / size, (bottom_right - cells) / size)
    depth = sides.amin(-1).clamp(-1, 1)
    edge = torch.exp(-((depth / 0.1) ** 2))
    area = torch.tanh(4 * size.prod(-1)).expand_as(depth)
    columns += [column * has_box for column in (torch.ones_like(depth), (depth > 0).float())]
    columns += [column * has_box for column in (depth, edge, area)]
    return torch.stack(columns, dim=-1)


def _describe_masks(logits: Tensor) -> Tensor:
    """Describe each cell by earlier masks (b, q, 4h, 4w): its quarters in [-1, 1], and a one.

    Returns (b, q, h * w, 5).
    """
    mask = 2 * logits.float().clamp(-LARGEST_LOGIT, LARGEST_LOGIT).sigmoid() - 1
    quarters = F.pixel_unshuffle(F.avg_pool2d(mask.flatten(0, 1)[:, None], 2), 2)  # (bq, 4, h, w)
    quarters = quarters.flatten(2).mT.unflatten(0, logits.shape[:2])
    return torch.cat([quarters, torch.ones_like(quarters[..., :1])], dim=-1)


class Mini(Promptable):
    """The bundled mini model."""

    # Trained with six, it reads more without loss: after ten clicks on the example photos the mean
    # IoU is .79 with all of them, .66 with the last six (``eval clicks``).
    max_tokens = 24

    prompt_encoder: MiniPromptEncoder

    def __init__(self, config: MiniConfig):
        super().__init__(config.image_size, 0.0, antialias=True, upscale_mode="bilinear")
        self.config = config
        dim = config.decoder.dim
        self.backbone = timm.create_model(
            BACKBONE, pretrained=False, features_only=True, out_indices=(0, 1, 2, 3, 4)
        )
        self.neck = FeaturePyramid(STRIDE_CHANNELS, dim, config.decoder.upscaled)
        self.prompt_encoder = MiniPromptEncoder(dim)
        self.mask_decoder = MaskDecoder(config.decoder)

    def encode_image(self, images: Tensor) -> ImageFeatures:
        return self.neck(self.backbone(self.preprocess(images)))

    def compile_encoder(self) -> None:
        self.backbone.compile()

    def encode_prompts(
        self,
        features: ImageFeatures,
        positions: Tensor,
        labels: Tensor,
        earlier: EarlierMasks | None = None,
    ) -> tuple[Tensor, Tensor]:
        return self.prompt_encoder.encode(features.embedding, positions, labels, earlier)
