"""A CLIP small enough for tests: open_clip's own classes with random weights."""

import json
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file

from esam_core.text.specs import TextEncoderSpec

NAME = "esam-tiny-clip"
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 16,
        "heads": 2,
        "layers": 1,
    },
}
SPEC = TextEncoderSpec("tiny", "Tiny CLIP", "none", NAME, "none", 3)


def save_tiny_clip(folder: Path) -> Path:
    """Register the model in open_clip, and write its weights file."""
    config = folder / f"{NAME}.json"
    config.write_text(json.dumps(CONFIG))
    open_clip.add_model_config(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = open_clip.create_model(NAME)
    path = folder / "tiny.safetensors"
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    return path
