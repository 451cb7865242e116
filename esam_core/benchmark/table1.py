"""The paper's efficiency table on this machine: parameters and throughput with one box prompt.

All models are timed in one run: a 1024 x 1024 image is encoded and one box decoded, as in the paper
on one A100. Speed does not depend on the values of the weights, so missing ones are random, which
the table states.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esam_core.benchmark.limits import processor_name
from esam_core.benchmark.timing import Timing, time_call
from esam_core.datasets.detections import detections_of, load_detections, read_detections
from esam_core.datasets.photos import usable_boxes
from esam_core.errors import InvalidPrompt, InvalidSettings, WeightsNotFound
from esam_core.images import asset, load_rgb, stretch_rgb
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt
from esam_core.segmenter import BaseSegmenter

HELP = "parameters and throughput compared with the paper's (one box, 1024 x 1024)"
SIDE = 1024
SLOW = 15.0  # a model whose warm-up takes longer than this many seconds is timed once
PHOTO = "000000000285.jpg"
TABLE1_MODELS = ("sam_vit_h", "efficient_sam_ti", "efficient_sam_s")
# The paper's own numbers: million parameters and images per second on one A100.
PAPER = {"sam_vit_h": (636, 2), "efficient_sam_ti": (10, 54), "efficient_sam_s": (25, 47)}


@dataclass(frozen=True, slots=True)
class ThroughputRow:
    """One model's line of the table."""

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    parameters: int
    timing: Timing

    @property
    def throughput(self) -> float:
        """Images per second, from the median time."""
        return 1 / self.timing.median


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--boxes FILE --models A,B --repeats N``."""
    parser.add_argument("--photo", type=Path, default=asset("photos", PHOTO), metavar="PHOTO")
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="a detector's boxes; the photo's best one is used",
    )
    parser.add_argument(
        "--models", default=",".join(TABLE1_MODELS), help="names, separated by commas"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--repeats", type=int, default=5)


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    rows = measure(
        args.models.split(","),
        args.photo,
        boxes=args.boxes,
        device=args.device,
        precision=args.precision,
        repeats=args.repeats,
    )
    print(as_markdown(rows))
    return 0


def measure(
    models: Sequence[str] = TABLE1_MODELS,
    photo: Path | None = None,
    *,
    boxes: Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    repeats: int = 5,
    side: int = SIDE,
    progress: Callable[[int, int], None] | None = None,
) -> list[ThroughputRow]:
    """Time models one after the other; only one is in memory at a time.

    Args:
        models: Names as in ``MODELS``.
        photo: Path of the photo, which is stretched to a square.
        boxes: A detector's results as COCO JSON, of which the photo's best box is used; by default
            ``assets/detections.json``, and a centred box for photos not in it.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        repeats: Timed calls after one warm-up; slow models are timed once.
        side: Side of the square in pixels; it does not affect the networks' work.
        progress: Called with (done, total) models.

    Raises:
        InvalidSettings: Less than one repeat.
    """
    if repeats < 1:
        raise InvalidSettings(f"repeats is {repeats}; it must be at least 1.")
    photo = asset("photos", PHOTO) if photo is None else Path(photo)
    original = load_rgb(photo)
    image = stretch_rgb(original, (side, side))
    scale = np.array([side / original.shape[1], side / original.shape[0]] * 2)
    prompt = Prompt.box(*(_box(photo, original.shape[:2], boxes) * scale).tolist())
    rows = []
    for done, name in enumerate(models):
        if progress is not None:
            progress(done, len(models))
        rows.append(_timed(_load(name, device, precision), image, prompt, repeats))
        gc.collect()
    if progress is not None:
        progress(len(models), len(models))
    return rows


def as_cells(rows: Sequence[ThroughputRow]) -> tuple[list[str], list[list[str]]]:
    """Return the table's head and rows as text; ratios are relative to SAM ViT-H if timed."""
    sam = next((row for row in rows if row.name == "sam_vit_h"), None)
    head = ["model", "parameters (M)", "images / s", "ms per image", "times SAM"]
    head += ["paper: M", "paper: img/s, A100", "paper: times SAM", "weights"]
    cells = []
    for row in rows:
        fast, slow = (1000 * seconds for seconds in row.timing.spread)
        runs = len(row.timing.seconds)
        spread = f" ({fast:.0f}-{slow:.0f}, {runs} runs)" if runs > 1 else " (1 run)"
        ratio = "" if sam is None else f"{row.throughput / sam.throughput:.1f}"
        known = PAPER.get(row.name)
        paper = [str(known[0]), str(known[1]), f"{known[1] / 2:.1f}"] if known else [""] * 3
        cells.append(
            [
                row.title,
                f"{row.parameters / 1e6:.1f}",
                f"{row.throughput:.3g}",
                f"{1000 * row.timing.median:.0f}{spread}",
                ratio,
                *paper,
                row.provenance,
            ]
        )
    return head, cells


def as_markdown(rows: Sequence[ThroughputRow]) -> str:
    """Return the table as Markdown, after a line about the machine."""
    head, cells = as_cells(rows)
    lines = [head, ["---"] * len(head), *cells]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{describe_machine(rows)}\n\n{table}"


def describe_machine(rows: Sequence[ThroughputRow]) -> str:
    """Describe the machine and how the rows were timed."""
    devices = ", ".join(dict.fromkeys(f"{row.device} {row.precision}" for row in rows))
    return (
        f"One {SIDE} x {SIDE} photo encoded and one box answered, median (fastest-slowest) on "
        f"{machine(rows[0].device)} ({devices})."
    )


def machine(device: str) -> str:
    """Return the name of the device's processor; for a CPU also the number of threads."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{processor_name()}, {torch.get_num_threads()} threads"


def _load(name: str, device: str, precision: str) -> BaseSegmenter:
    try:
        return load_segmenter(name, device=device, precision=precision)
    except WeightsNotFound:
        return load_segmenter(name, device=device, precision=precision, random=True)


def _timed(
    segmenter: BaseSegmenter, image: np.ndarray, prompt: Prompt, repeats: int
) -> ThroughputRow:
    def call() -> None:
        segmenter.predict(segmenter.embed(image), prompt)

    started = time.perf_counter()
    call()  # the warm-up also decides the number of repeats
    repeats = 1 if time.perf_counter() - started > SLOW else repeats
    timing = time_call(call, device=segmenter.device, warmup=0, repeats=repeats)
    parameters = sum(p.numel() for p in segmenter.network.parameters())
    return ThroughputRow(
        segmenter.name,
        segmenter.title,
        segmenter.provenance,
        segmenter.device,
        segmenter.precision,
        parameters,
        timing,
    )


def _box(photo: Path, image_hw: tuple[int, int], boxes: Path | None) -> np.ndarray:
    """Return the box (4,) of the photo."""
    if boxes is not None:
        usable, left_out = usable_boxes(*read_detections(boxes), photo, image_hw)
        for item in left_out:
            print(f"left out: {item}", file=sys.stderr)
        return usable.boxes_xyxy[0]
    try:
        return detections_of(load_detections(asset("detections.json")), photo).boxes_xyxy[0]
    except InvalidPrompt:  # not one of the example photos
        height, width = image_hw
        return np.array([width / 4, height / 4, 3 * width / 4, 3 * height / 4])
