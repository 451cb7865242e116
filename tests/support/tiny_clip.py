"""A CLIP small enough for tests: open_clip's own classes with random weights."""

import copy
import json
import warnings
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save, save_file
from torch import nn

from esam_core.text.specs import TEXT_ENCODERS, TextEncoderSpec

NAME = "esam-tiny-clip"
_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": _TEXT,
}
SPEC = TextEncoderSpec("tiny", "Tiny CLIP", "none", NAME, "none", 3)


def save_tiny_clip(folder: Path) -> Path:
    """Register the model in open_clip, and write its weights file."""
    config = folder / f"{NAME}.json"
    config.write_text(json.dumps(CONFIG))
    open_clip.add_model_config(config)
    path = folder / "tiny.safetensors"
    save_file(_weights(NAME), path)
    return path


def shrink(monkeypatch, name: str) -> TextEncoderSpec:
    """Make the network of a row of ``TEXT_ENCODERS`` small; its kind and its recipe stay."""
    spec = TEXT_ENCODERS[name]
    small = copy.deepcopy(open_clip.get_model_config(spec.model))
    small["embed_dim"] = 16
    small["text_cfg"] |= {"width": 16, "heads": 2, "layers": 1}
    if "timm_model_name" in small["vision_cfg"]:
        # timm's own models for tests: a transformer of 64 channels, where the row has one
        kind = "test_vit" if "vit_base" in small["vision_cfg"]["timm_model_name"] else "test_resnet"
        small["vision_cfg"] |= {"timm_model_name": kind, "image_size": 160}
        if small["vision_cfg"].get("timm_proj") == "none":
            small["embed_dim"], small["text_cfg"]["width"] = 64, 64
    else:
        small["vision_cfg"] = CONFIG["vision_cfg"]
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, spec.model, small)
    return spec


def published(spec: TextEncoderSpec) -> bytes:
    """Return the file that a hub would have for a row that ``shrink`` made small."""
    return save(_weights(spec.model))


def save_as_openai(spec: TextEncoderSpec, path: Path) -> dict[str, torch.Tensor]:
    """Write a TorchScript archive in OpenAI's layout: float16, and three sizes beside the weights.

    Returns:
        The weights.
    """
    weights = {name: tensor.half() for name, tensor in _weights(spec.model).items()}
    top = nn.Module()
    for name, tensor in weights.items():
        *folders, last = name.split(".")
        module = top
        for folder in folders:
            if not hasattr(module, folder):
                module.add_module(folder, nn.Module())
            module = getattr(module, folder)
        module.register_parameter(last, nn.Parameter(tensor, requires_grad=False))
    for name in ("input_resolution", "context_length", "vocab_size"):
        top.register_buffer(name, torch.tensor(77))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit warns of its own age
        torch.jit.script(top).save(str(path))
    return weights


def _weights(name: str) -> dict[str, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = open_clip.create_model(name)
    return {key: value.contiguous() for key, value in model.state_dict().items()}
