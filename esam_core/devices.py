"""Device and precision of a model."""

from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from esam_core.errors import InvalidSettings
from esam_core.modeling.cpu import capabilities

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
CASTING = frozenset({"cpu"})  # device types on which half precision needs no autocast
Network = TypeVar("Network", bound=nn.Module)


def choose_device(device: str) -> str:
    """Resolve ``auto`` to the best device of this machine; check any other name.

    Raises:
        InvalidSettings: The device is unknown or not available.
    """
    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here[:0] = ["cuda"] + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if device == "auto":
        return here[0]
    if device not in here:
        raise InvalidSettings(
            f"device {device!r} is not on this machine; use auto or {', '.join(here)}."
        )
    return device


def choose_precision(precision: str, device: str) -> str:
    """Resolve ``auto`` to the fastest precision that is safe on a device; check any other name.

    Raises:
        InvalidSettings: Unknown precision.
    """
    if precision in DTYPES:
        return precision
    if precision != "auto":
        raise InvalidSettings(f"precision {precision!r} is unknown; use auto, {', '.join(DTYPES)}.")
    kind = torch.device(device).type
    if kind == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if kind == "cpu" and cpu_has_fast_bf16() else "fp32"


def cpu_has_fast_bf16() -> bool:
    """Return whether the processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    return not capabilities().isdisjoint({"avx512_bf16", "amx_bf16"})


def place(network: Network, device: str, precision: str) -> Network:
    """Move a network to a device, to be run in a precision under ``computing``.

    On GPUs the weights of matrix products and convolutions are converted to that precision, and
    autocast keeps sums and norms in float32, so that float16 does not overflow. On CPUs, where
    autocast costs a few per cent, all weights are converted. Convolution weights are stored
    channels last, the layout of oneDNN and tensor cores: on a CPU the bundled mini then embeds an
    image 1.2 times as fast in float32 and 1.5 times in bfloat16.
    """
    network = network.eval().requires_grad_(False)
    dtype = DTYPES[precision]
    if torch.device(device).type in CASTING:
        network.to(dtype)
    else:
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                module.to(dtype)
    return network.to(device).to(memory_format=torch.channels_last)


def computing(device: str, precision: str) -> AbstractContextManager:
    """Return a new context manager for calls of a network prepared with ``place``."""
    kind = torch.device(device).type
    if precision == "fp32" or kind in CASTING:
        return nullcontext()
    return torch.autocast(kind, DTYPES[precision])


def to_device(pixels: np.ndarray, device: str) -> torch.Tensor:
    """Copy an array of any shape to a device; to a GPU asynchronously, from pinned memory."""
    # Writable, because torch warns for read-only arrays.
    tensor = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
    if torch.device(device).type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
