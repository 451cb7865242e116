"""How close to the machine's limit a computation comes: operations counted, peak measured."""

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from esam_core.benchmark.timing import time_call
from esam_core.devices import DTYPES


def count_flops(call: Callable[[], object]) -> int:
    """Count the floating-point operations of matrix products and convolutions in a call.

    Element-wise work (normalisation, softmax, GELU) is not in the count: it costs memory traffic
    rather than arithmetic.
    """
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def matmul_peak(device: str, precision: str, size: int = 2048) -> float:
    """Measure a square matrix product, in operations per second: the practical ceiling."""
    a = torch.randn(size, size, device=device, dtype=DTYPES[precision])
    return 2 * size**3 / min(time_call(lambda: a @ a, device=device, repeats=7).seconds)
