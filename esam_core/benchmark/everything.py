"""Segment everything: time of each stage, peak memory, and with ``--compare`` upstream's decoding.

All compared numbers are measured in one run. CPU seconds are printed beside wall-clock seconds
because they are more reliable on a shared machine.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from esam_core.benchmark.limits import count_flops, matmul_peak
from esam_core.benchmark.memory import PeakMemory
from esam_core.benchmark.timing import synchronize
from esam_core.errors import InvalidSettings
from esam_core.everything import GridSettings, decode_grid, preset
from esam_core.everything.grid import corner_grid, point_grid
from esam_core.everything.selection import choose, clean, draw
from esam_core.images import asset, load_rgb, stretch_rgb
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.reference import (
    reference_decode,
    reference_encode,
    reference_network,
)
from esam_core.models import load_segmenter
from esam_core.segmenter import BaseSegmenter, ImageEmbedding, LowResMasks

HELP = "segment everything: seconds per stage, peak memory, and a comparison with upstream"
PHOTO = "000000555705.jpg"
NAIVE_SIDES = (8, 16)  # grids that fit in memory when all points are decoded at once
NAIVE_BYTES_PER_POINT = 45e6  # decoder activations, in addition to the full-size logits
MEGABYTE = 2**20
Result = TypeVar("Result")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--model", default="auto")
    parser.add_argument("--random", action="store_true", help="random weights; keeps all masks")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16 or fp16")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--points", default="32", metavar="N[,N]", help="points per side")
    parser.add_argument("--batch-size", type=int, help="points decoded at once")
    parser.add_argument("--photo", type=Path, help="default: one of the example photos")
    parser.add_argument("--size", metavar="WxH", help="resize the photo to this many pixels")
    parser.add_argument(
        "--keep-all", action="store_true", help="thresholds off, so that no work is skipped"
    )
    parser.add_argument("--hierarchical", action="store_true", help="coarse grid first")
    parser.add_argument(
        "--compare", action="store_true", help="upstream's way of decoding, in the same run"
    )
    parser.add_argument("--profile", action="store_true", help="list the slowest operations")


@dataclass
class Clock:
    """Wall-clock and CPU seconds per stage."""

    device: str
    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def measure(self, stage: str, call: Callable[..., Result], *args: Any) -> Result:
        """Call a function, add its seconds to a stage, and return its result."""
        synchronize(self.device)
        start, start_cpu = time.perf_counter(), time.process_time()
        result = call(*args)
        synchronize(self.device)
        self.wall[stage] = self.wall.get(stage, 0) + time.perf_counter() - start
        self.cpu[stage] = self.cpu.get(stage, 0) + time.process_time() - start_cpu
        return result


class TimedSegmenter:
    """A wrapper that times the decoding of a segmenter separately and forwards everything else."""

    def __init__(self, segmenter: BaseSegmenter, clock: Clock):
        self.segmenter, self.clock = segmenter, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.segmenter, name)

    def decode_if(self, *args: Any) -> tuple[LowResMasks, Tensor]:
        """Decode and add the seconds to the stage ``decode``."""
        return self.clock.measure("decode", self.segmenter.decode_if, *args)


@dataclass(frozen=True)
class GridRow:
    """Result and cost of one grid."""

    points: int
    masks: int
    candidates: int
    clock: Clock
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of decoding, filtering and upscaling, without embedding."""
        return sum(v for k, v in self.clock.wall.items() if k != "embed")

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of the same stages."""
        return sum(v for k, v in self.clock.cpu.items() if k != "embed")


def run(args: argparse.Namespace) -> int:
    """Print one line per grid, the share of peak throughput, and the comparison."""
    sides = [_side(text) for text in args.points.split(",")]
    image = _photo(args.photo, args.size)
    segmenter = load_segmenter(
        args.model, device=args.device, precision=args.precision, random=args.random
    )
    _warm_up(segmenter, image)
    memory = PeakMemory(segmenter.device)
    loaded = memory.now()
    height, width = image.shape[:2]
    settings = _settings(args, segmenter.name)
    print(
        f"{segmenter.title}, {segmenter.provenance} weights, {segmenter.device}, "
        f"{segmenter.precision}, {torch.get_num_threads()} threads, photo {width}x{height}, "
        f"predicted IoU > {settings.pred_iou_thresh:g}, "
        f"stability >= {settings.stability_score_thresh:g}"
    )
    print(HEADER)
    rows = []
    for side in sides:
        row = measure(segmenter, image, replace(settings, points_per_side=side), memory, loaded)
        print(_line(row))
        rows.append(row)
    _print_limit(segmenter, image, rows[-1])
    if args.profile:
        _print_profile(segmenter, image)
    if args.compare:
        compare(segmenter, image, rows[-1])
    return 0


HEADER = (
    f"{'points':>7}{'candidates':>11}{'masks':>7}{'embed s':>9}{'decode s':>10}{'filter s':>10}"
    f"{'upscale s':>11}{'total s':>9}{'CPU s':>8}{'masks/s':>9}{'peak MB':>9}"
)


def measure(
    segmenter: BaseSegmenter,
    image: np.ndarray,
    settings: GridSettings,
    memory: PeakMemory,
    loaded: int,
) -> GridRow:
    """Segment an image (h, w, 3) uint8 once, stage by stage; ``loaded``: bytes in use before."""
    clock = Clock(segmenter.device)
    with memory:
        embedding: ImageEmbedding = clock.measure("embed", segmenter.embed, image)
        timed = TimedSegmenter(segmenter, clock)
        candidates = clock.measure("grid", decode_grid, timed, embedding, settings)
        for seconds in (clock.wall, clock.cpu):
            seconds["filter"] = seconds.pop("grid") - seconds["decode"]
        chosen = clock.measure("filter", choose, candidates, settings)
        masks = clock.measure("upscale", draw, candidates, chosen)
        if settings.min_mask_region_area:
            masks = clock.measure(
                "filter", clean, masks, settings.min_mask_region_area, settings.box_nms_thresh
            )
    return GridRow(candidates.points, len(masks), len(candidates), clock, memory.peak - loaded)


def compare(segmenter: BaseSegmenter, image: np.ndarray, row: GridRow) -> None:
    """Decode small grids on an image (h, w, 3) like upstream; extrapolate to ``row.points``."""
    if not isinstance(segmenter.network, EfficientSam):
        raise InvalidSettings("--compare needs EfficientSAM: --model efficient_sam_ti --random.")
    exact = segmenter
    if segmenter.precision != "fp32":
        exact = load_segmenter(
            segmenter.name,
            device=segmenter.device,
            precision="fp32",
            random=segmenter.provenance == "random",
        )
    network, hw = reference_network(exact.network), image.shape[:2]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].to(exact.device) / 255
    embedding = reference_encode(network, pixels)
    clock, memory = Clock(exact.device), PeakMemory(exact.device)
    base = memory.now()
    print("\nupstream's way: all points in one pass in fp32, three full-size masks of each")
    for side in NAIVE_SIDES:
        _need(side, hw, memory)
        points = torch.as_tensor(corner_grid(side, hw), dtype=torch.float32, device=exact.device)
        points = points[None, :, None]
        labels = torch.ones(points.shape[:3], dtype=torch.long, device=exact.device)
        with memory:
            clock.measure(str(side), reference_decode, network, embedding, points, labels, hw)
        print(
            f"{side * side:>7} points {clock.wall[str(side)]:8.2f} s "
            f"{clock.cpu[str(side)]:8.2f} CPU s   peak {(memory.peak - base) / MEGABYTE:.0f} MB"
        )
    wall, cpu = (_extrapolate(seconds, row.points) for seconds in (clock.wall, clock.cpu))
    print(
        f"{row.points:>7} points {wall:8.2f} s {cpu:8.2f} CPU s   extrapolated linearly in points "
        f"from {NAIVE_SIDES[0]}x{NAIVE_SIDES[0]} and {NAIVE_SIDES[1]}x{NAIVE_SIDES[1]}"
    )
    print(
        f"ours, decoding, filtering and drawing: {row.seconds:.2f} s, {row.cpu_seconds:.2f} CPU s: "
        f"{wall / row.seconds:.1f} times as fast ({cpu / row.cpu_seconds:.1f} by CPU seconds)"
    )


def _extrapolate(seconds: dict[str, float], points: int) -> float:
    """Extrapolate linearly from the two measured grids."""
    few, many = (side * side for side in NAIVE_SIDES)
    slope = (seconds[str(NAIVE_SIDES[1])] - seconds[str(NAIVE_SIDES[0])]) / (many - few)
    return seconds[str(NAIVE_SIDES[1])] + slope * (points - many)


def _need(side: int, image_hw: tuple[int, int], memory: PeakMemory) -> None:
    """Raise an error if a grid does not fit in memory, before the system kills the process."""
    if memory.cuda:
        return
    import psutil

    need = side * side * (NAIVE_BYTES_PER_POINT + 12 * image_hw[0] * image_hw[1])
    free = psutil.virtual_memory().available
    if need > free:
        raise InvalidSettings(
            f"upstream's way needs about {need / 1e9:.0f} GB for {side}x{side} points, "
            f"{free / 1e9:.0f} GB are free; use a smaller --size."
        )


def _print_limit(segmenter: BaseSegmenter, image: np.ndarray, row: GridRow) -> None:
    """Print the share of the machine's matrix throughput that decoding reaches."""
    embedding = segmenter.embed(image)
    points = point_grid(segmenter.batch_size, image.shape[:2])[: segmenter.batch_size, None]
    labels = np.ones(points.shape[:2], np.int64)
    flops = count_flops(lambda: segmenter.decode(embedding, points, labels)) / len(points)
    reached = flops * row.points / row.clock.wall["decode"]
    peaks = {name: matmul_peak(segmenter.device, name) for name in ("fp32", segmenter.precision)}
    print(
        f"{flops / 1e9:.2f} G operations per point in matrix products; decoding reaches "
        f"{reached / 1e9:.0f} G/s; a 2048 x 2048 matrix product reaches "
        + ", ".join(f"{peak / 1e9:.0f} G/s in {name}" for name, peak in peaks.items())
        + f": {reached / peaks[segmenter.precision]:.0%} of the limit in {segmenter.precision}"
    )


def _print_profile(segmenter: BaseSegmenter, image: np.ndarray) -> None:
    """Print the operations that take most of the decoding time."""
    embedding = segmenter.embed(image)
    points = point_grid(6, image.shape[:2])[:, None]
    labels = np.ones(points.shape[:2], np.int64)
    with torch.profiler.profile() as profile:
        for start in range(0, len(points), segmenter.batch_size):
            part = slice(start, start + segmenter.batch_size)
            segmenter.decode(embedding, points[part], labels[part])
    rows = sorted(profile.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows)
    for row in rows[:10]:
        print(f"{row.self_cpu_time_total / total:6.1%}  {row.key}")


def _line(row: GridRow) -> str:
    wall = row.clock.wall
    return (
        f"{row.points:>7}{row.candidates:>11}{row.masks:>7}{wall['embed']:>9.2f}"
        f"{wall['decode']:>10.2f}{wall['filter']:>10.2f}{wall['upscale']:>11.2f}"
        f"{row.seconds:>9.2f}{row.cpu_seconds:>8.2f}{row.masks / row.seconds:>9.1f}"
        f"{row.peak_bytes / MEGABYTE:>9.0f}"
    )


def _settings(args: argparse.Namespace, model: str) -> GridSettings:
    settings = replace(
        preset("quality", model), points_per_batch=args.batch_size, hierarchical=args.hierarchical
    )
    if not (args.keep_all or args.random):
        return settings
    return replace(settings, pred_iou_thresh=0, stability_score_thresh=0, min_mask_region_area=0)


def _warm_up(segmenter: BaseSegmenter, image: np.ndarray) -> None:
    """Run once before measuring, so that libraries are loaded and allocators warmed up."""
    embedding = segmenter.embed(image[:64, :64])
    decode_grid(segmenter, embedding, GridSettings(points_per_side=2))


def _side(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 256):
        raise InvalidSettings(f"--points is {text!r}; give numbers from 1 to 256, as in 16,32.")
    return int(text)


def _photo(path: Path | None, size: str | None) -> np.ndarray:
    image = load_rgb(path or asset("photos", PHOTO))
    if size is None:
        return image
    numbers = size.lower().split("x")
    if len(numbers) != 2 or not all(n.isdigit() and int(n) for n in numbers):
        raise InvalidSettings(f"--size is {size!r}; give width and height, as in 1920x1080.")
    width, height = (int(n) for n in numbers)
    return stretch_rgb(image, (width, height))
