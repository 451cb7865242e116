"""Timing of calls: warm-up, repeats, median and spread, with the device synchronised."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of repeated calls."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median in seconds."""
        return float(np.median(self.seconds))

    @property
    def spread(self) -> tuple[float, float]:
        """The fastest and the slowest time in seconds."""
        return min(self.seconds), max(self.seconds)

    def __str__(self) -> str:
        fast, slow = self.spread
        return f"{1000 * self.median:.1f} ms ({1000 * fast:.1f}-{1000 * slow:.1f})"


def synchronize(device: str) -> None:
    """Wait until a device has finished all queued work; the CPU has none."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def time_call(
    call: Callable[[], object], *, device: str = "cpu", warmup: int = 1, repeats: int = 5
) -> Timing:
    """Time a function without arguments several times after a warm-up."""
    return time_calls({"": call}, device=device, warmup=warmup, repeats=repeats)[""]


def time_calls(
    calls: Mapping[str, Callable[[], object]],
    *,
    device: str = "cpu",
    warmup: int = 1,
    repeats: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Timing]:
    """Time functions in turn, so that a slowdown of the machine affects all of them alike.

    Args:
        calls: The functions by name.
        device: The device that they run on.
        warmup: Calls of each before the clock runs.
        repeats: Rounds; each calls every function once.
        progress: Called, while no clock runs, with (done, total) calls, warm-up included.
    """
    timed = _cuda_seconds if torch.device(device).type == "cuda" else _seconds
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    turns = [(name, round_ >= warmup) for round_ in range(warmup + repeats) for name in calls]
    for done, (name, counts) in enumerate(turns):
        if progress is not None:
            progress(done, len(turns))
        found = timed(calls[name], device)
        if counts:
            seconds[name].append(found)
    if progress is not None:
        progress(len(turns), len(turns))
    return {name: Timing(tuple(found)) for name, found in seconds.items()}


def _seconds(call: Callable[[], object], device: str) -> float:
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start


def _cuda_seconds(call: Callable[[], object], device: str) -> float:
    """Return the seconds of a call by CUDA events, from an idle device to its last kernel's end."""
    with torch.cuda.device(device):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        synchronize(device)
        start.record()
        call()
        end.record()
        synchronize(device)
    return start.elapsed_time(end) / 1000
