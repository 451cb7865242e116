"""A small EfficientSAM with random weights: the real architecture in a size for tests."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch

from esam_core.modeling.config import DecoderConfig, EfficientSamConfig
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.models import load_segmenter
from esam_core.segmenter import BaseSegmenter, TorchSegmenter

TINY = EfficientSamConfig(
    embed_dim=32,
    num_heads=2,
    depth=2,
    image_size=128,
    decoder=DecoderConfig(dim=32, heads=4, mlp_dim=64, upscaled=(16, 8)),
)
CONFIG = EfficientSamConfig(
    embed_dim=32,
    num_heads=2,
    depth=2,
    image_size=256,
    decoder=DecoderConfig(dim=64, heads=4, mlp_dim=64, upscaled=(16, 8)),
)


@cache
def small_segmenter() -> TorchSegmenter:
    """Return a model with fixed weights, whose masks differ by point and in size."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = EfficientSam(CONFIG)
        for name, weight in network.named_parameters():
            if weight.dim() > 1:
                weight.data *= 3
            elif "norm" not in name:
                weight.data += 0.1 * torch.randn_like(weight)
    for conv, *_ in network.mask_decoder.final_output_upscaling_layers:
        # Equal for all pixels of a cell, so that masks are areas and not dot patterns.
        conv.weight.data[:] = conv.weight.data.mean((2, 3), keepdim=True)
    return TorchSegmenter(
        network, name="small", title="Small", provenance="random", device="cpu", precision="fp32"
    )


def save_tiny_sam(folder: Path, *, sure: bool = False) -> Path:
    """Write SAM in a size for tests, with random weights, as ``save_pretrained`` writes it.

    Its masks pass SAM's thresholds if it is ``sure``; else logits and scores are close to 0.
    """
    import transformers
    from transformers.utils import logging

    config = transformers.SamConfig(
        vision_config=transformers.SamVisionConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            mlp_dim=16,
            global_attn_indexes=[0],
            output_channels=32,
            num_pos_feats=16,
            image_size=128,
        ),
        prompt_encoder_config=transformers.SamPromptEncoderConfig(
            hidden_size=32, image_size=128, mask_input_channels=4
        ),
        mask_decoder_config=transformers.SamMaskDecoderConfig(
            hidden_size=32, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=32
        ),
    )
    logging.disable_progress_bar()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = transformers.SamModel(config)
    if sure:
        network.mask_decoder.iou_prediction_head.proj_out.bias.data += 0.95
        for head in network.mask_decoder.output_hypernetworks_mlps:
            head.proj_out.weight.data *= 1e7
    network.save_pretrained(folder)
    return folder


@cache
def tiny_sam() -> BaseSegmenter:
    """The row of SAM ViT-B with the weights of ``save_tiny_sam``."""
    with tempfile.TemporaryDirectory() as folder:
        saved = save_tiny_sam(Path(folder))
        return load_segmenter("sam_vit_b", weights=saved, device="cpu", precision="fp32")


def blocks(height: int, width: int, seed: int = 1) -> np.ndarray:
    """A dark photo with five bright rectangles."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), rng.integers(0, 60, 3), np.uint8)
    for _ in range(5):
        y, x = rng.integers(0, max(height * 2 // 3, 1)), rng.integers(0, max(width * 2 // 3, 1))
        h, w = (rng.integers(side // 8, side // 3 + 1) for side in (height, width))
        image[y : y + h, x : x + w] = rng.integers(60, 256, 3)
    return image
