"""Reference implementation of EfficientSAM, in the order of operations of its authors' code.

The network in ``efficient_sam`` computes the same function at lower cost. These functions take its
weights and compute like yformer/EfficientSAM at d525f622, so that both can be compared in one run:
attention with the full matrix of scores, the position embedding resized at each call, the image
embedding copied for every prompt and projected again in every attention, four masks computed of
which three are used, and bicubic upscaling of all logits to the image's size.
"""

from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling import image_encoder, transformer
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.layers import LayerNorm2d
from esam_core.modeling.promptable import SLOTS


def reference_network(network: nn.Module) -> EfficientSam:
    """Copy a network with its weights in torch's default memory layout, as in upstream.

    Raises:
        TypeError: The network is not EfficientSAM; upstream has no other.
    """
    if not isinstance(network, EfficientSam):
        raise TypeError(f"got {type(network).__name__}; the reference computes EfficientSam only.")
    return deepcopy(network).to(memory_format=torch.contiguous_format)


@torch.inference_mode()
def reference_encode(network: EfficientSam, pixels: Tensor) -> Tensor:
    """Embed b images.

    Args:
        network: The network whose weights are used, in fp32.
        pixels: (b, 3, h, w) float32, RGB in [0, 1].

    Returns:
        The embedding (b, dim, grid, grid).
    """
    encoder = network.image_encoder
    size = (network.image_size, network.image_size)
    if pixels.shape[-2:] != size:
        pixels = F.interpolate(pixels, size, mode="bilinear")
    x = encoder.patch_embed.proj((pixels - network.pixel_mean) / network.pixel_std)
    x = x.permute(0, 2, 3, 1) + _resized_position(encoder)
    x = x.flatten(1, 2)
    blocks: Any = encoder.blocks
    for block in blocks:
        x = x + _self_attention(block.attn, block.norm1(x))
        x = x + block.mlp(block.norm2(x))
    x = x.unflatten(1, (encoder.grid, encoder.grid)).permute(0, 3, 1, 2)
    for layer in encoder.neck:
        x = _norm_channels(layer, x) if isinstance(layer, LayerNorm2d) else layer(x)
    return x


@torch.inference_mode()
def reference_decode(
    network: EfficientSam,
    embedding: Tensor,
    points: Tensor,
    labels: Tensor,
    image_hw: tuple[int, int],
) -> tuple[Tensor, Tensor]:
    """Decode all prompts at once, to logits in the image's size.

    Args:
        network: The network whose weights are used, in fp32.
        embedding: (b, dim, grid, grid) from ``reference_encode``.
        points: (b, q, t, 2) in pixels of the image, t at most six.
        labels: (b, q, t): 1 foreground, 2 and 3 box corners, -1 padding.
        image_hw: Height and width of the image.

    Returns:
        Logits (b, q, 3, height, width) and predicted IoU (b, q, 3), in the network's order.
    """
    b, q = points.shape[:2]
    prompts = _prompt_tokens(network, points, labels, image_hw).flatten(0, 1)
    tiled = embedding[:, None].repeat(1, q, 1, 1, 1).flatten(0, 1)
    codes = network.prompt_encoder.pe_layer.dense(*embedding.shape[-2:])
    codes = codes.repeat_interleave(b * q, dim=0)
    masks, predicted_iou = _decode(network, tiled, codes, prompts)
    masks, predicted_iou = masks[:, 1:], predicted_iou[:, 1:]
    logits = F.interpolate(masks, image_hw, mode="bicubic")
    return logits.unflatten(0, (b, q)), predicted_iou.unflatten(0, (b, q))


def _resized_position(encoder: image_encoder.ImageEncoder) -> Tensor:
    learned = encoder.pos_embed[:, 1:]
    side = int(learned.shape[1] ** 0.5)
    grid = learned.unflatten(1, (side, side)).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, (encoder.grid, encoder.grid), mode="bicubic", align_corners=False)
    return grid.permute(0, 2, 3, 1)


def _self_attention(attention: image_encoder.ImageAttention, x: Tensor) -> Tensor:
    qkv = attention.qkv(x).unflatten(-1, (3, attention.heads, -1))
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    weights = ((q @ k.mT) * q.shape[-1] ** -0.5).softmax(dim=-1)
    return attention.proj((weights @ v).transpose(1, 2).flatten(2))


def _norm_channels(norm: LayerNorm2d, x: Tensor) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    x = centred / torch.sqrt((centred**2).mean(1, keepdim=True) + norm.eps)
    return norm.weight[:, None, None] * x + norm.bias[:, None, None]


def _prompt_tokens(
    network: EfficientSam, points: Tensor, labels: Tensor, image_hw: tuple[int, int]
) -> Tensor:
    height, width = image_hw
    scale = torch.tensor([network.image_size / width, network.image_size / height])
    square = torch.where(points >= 0, points * scale.to(points.device), -1.0)
    missing = SLOTS - points.shape[2]
    square = F.pad(square, (0, 0, 0, missing), value=-1.0)
    labels = F.pad(labels, (0, missing), value=-1)
    encoder = network.prompt_encoder
    tokens = encoder.pe_layer((square + 0.5) / network.image_size)
    for label, name in encoder.label_embeddings.items():
        learned: Any = encoder.get_submodule(name)
        tokens = tokens + learned.weight * (labels == label)[..., None]
    return tokens


def _decode(
    network: EfficientSam, embedding: Tensor, codes: Tensor, prompts: Tensor
) -> tuple[Tensor, Tensor]:
    """Decode prompts (m, t, dim), each on its own copy of the embedding (m, dim, h, w)."""
    decoder = network.mask_decoder
    learned = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([learned.expand(len(prompts), -1, -1), prompts], dim=1)
    size = embedding.shape[-2:]
    keys = embedding.flatten(2).permute(0, 2, 1)
    found, keys = _two_way(decoder.transformer, tokens, keys, codes)
    drawn = keys.transpose(1, 2).unflatten(2, size)
    for layer in decoder.final_output_upscaling_layers:
        drawn = layer(drawn)
    hyper = torch.stack(
        [mlp(found[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)], dim=1
    )
    masks = (hyper @ drawn.flatten(2)).unflatten(2, drawn.shape[-2:])
    return masks, decoder.iou_prediction_head(found[:, 0])


def _two_way(
    network: transformer.TwoWayTransformer, tokens: Tensor, keys: Tensor, codes: Tensor
) -> tuple[Tensor, Tensor]:
    queries = tokens
    blocks: Any = network.layers
    for index, block in enumerate(blocks):
        if index:
            queries = queries + tokens
        queries = block.norm1(queries + _attention(block.self_attn, queries, queries, queries))
        read = block.cross_attn_token_to_image
        queries = block.norm2(queries + _attention(read, queries + tokens, keys + codes, keys))
        queries = block.norm3(queries + block.mlp(queries))
        write = block.cross_attn_image_to_token
        keys = block.norm4(keys + _attention(write, keys + codes, queries + tokens, queries))
    read = network.final_attn_token_to_image
    queries = queries + _attention(read, queries + tokens, keys + codes, keys)
    return network.norm_final_attn(queries), keys


def _attention(attention: transformer.TwoWayAttention, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Plain multi-head attention, with nothing shared between prompts."""
    q, k, v = (
        attention.split(projection(x))
        for projection, x in ((attention.q_proj, q), (attention.k_proj, k), (attention.v_proj, v))
    )
    weights = ((q @ k.mT) * q.shape[-1] ** -0.5).softmax(dim=-1)
    return attention.out_proj(attention.join(weights @ v))
