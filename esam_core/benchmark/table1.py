"""The paper's efficiency table on this machine: parameters and throughput with one box prompt.

All models are in memory at once and take turns: after a round of warm-up, every round encodes a
1024 x 1024 image and decodes one box with each of them, so that all rows have as many runs, and a
slowdown of the machine meets all alike. Nothing looks a second time. The paper timed one box on one
A100. Speed does not depend on the values of the weights, so missing ones are random, which the
table states.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from esam_core.benchmark.limits import processor_name
from esam_core.benchmark.timing import Timing, time_calls
from esam_core.datasets.boxes import Detections
from esam_core.datasets.detections import detections_of, load_detections, read_detections
from esam_core.datasets.photos import usable_boxes
from esam_core.errors import InvalidPrompt, InvalidSettings, WeightsNotFound
from esam_core.images import asset, load_rgb, stretch_rgb
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt
from esam_core.segmenter import BaseSegmenter

HELP = "parameters and throughput compared with the paper's (one box, 1024 x 1024)"
SIDE = 1024
REPEATS = 3  # fewer have no spread
PHOTO = "000000000285.jpg"
TABLE1_MODELS = ("sam_vit_h", "efficient_sam_ti", "efficient_sam_s")
ENCODERS = ("image_encoder", "vision_encoder")  # its name in our networks, and in SAM's
# The paper's own numbers: million parameters and images per second on one A100.
PAPER = {"sam_vit_h": (636, 2), "efficient_sam_ti": (10, 54), "efficient_sam_s": (25, 47)}


@dataclass(frozen=True, slots=True)
class TimedBox:
    """The box that was decoded.

    Args:
        photo: File name of the photo.
        name: What the box is around.
        box_xyxy: In pixels of the photo, before it is stretched to a square.
        source: Where the box comes from.
    """

    photo: str
    name: str
    box_xyxy: tuple[float, float, float, float]
    source: str

    def __str__(self) -> str:
        corners = ", ".join(f"{value:g}" for value in self.box_xyxy)
        return f"{self.name} in {self.photo}, xyxy {corners}, {self.source}"


@dataclass(frozen=True, slots=True)
class ThroughputRow:
    """One model's line of the table.

    Args:
        name: A key of ``MODELS``.
        title: Name in the table.
        provenance: Where the weights come from.
        device: Device that it ran on.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        parameters: Values of all parameters.
        timing: Seconds of each run after the warm-up.
        box: The box; None if it is not known.
        encoder_parameters: Those of ``parameters`` in the image encoder; 0 if not known.
        position_shape: Shape of the image encoder's absolute position embedding, if it has one.
    """

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    parameters: int
    timing: Timing
    box: TimedBox | None = None
    encoder_parameters: int = 0
    position_shape: tuple[int, ...] = ()

    @property
    def repeats(self) -> int:
        """Runs after the warm-up."""
        return len(self.timing.seconds)

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
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help=f"rounds; at least and by default {REPEATS}"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    rows = measure(
        [name.strip() for name in args.models.split(",") if name.strip()],
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
    repeats: int = REPEATS,
    side: int = SIDE,
    progress: Callable[[int, int], None] | None = None,
) -> list[ThroughputRow]:
    """Time models in turn; all of them are in memory at once, SAM ViT-H in fp32 with 2.6 GB.

    Args:
        models: Names as in ``MODELS``.
        photo: Path of the photo, which is stretched to a square.
        boxes: A detector's results as COCO JSON, of which the photo's best box is used; by default
            ``assets/detections.json``, and a centred box for photos not in it.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        repeats: Timed runs of every model after one warm-up; at least 3.
        side: Side of the square in pixels; it does not affect the networks' work.
        progress: Called with (done, total) runs, those of the warm-up included.

    Raises:
        InvalidSettings: Fewer than three repeats, or no model.
    """
    if not models:
        raise InvalidSettings(f"no model to time; give some, such as {', '.join(TABLE1_MODELS)}.")
    if repeats < REPEATS:
        raise InvalidSettings(
            f"repeats is {repeats}; it must be at least {REPEATS}, so that a median has a spread."
        )
    photo = asset("photos", PHOTO) if photo is None else Path(photo)
    original = load_rgb(photo)
    image = stretch_rgb(original, (side, side))
    scale = np.array([side / original.shape[1], side / original.shape[0]] * 2)
    box = _box(photo, original.shape[:2], boxes)
    prompt = Prompt.box(*(np.array(box.box_xyxy) * scale).tolist())
    segmenters = {name: _load(name, device, precision) for name in models}
    timings = time_calls(
        {name: partial(_answer, found, image, prompt) for name, found in segmenters.items()},
        device=next(iter(segmenters.values())).device,
        repeats=repeats,
        progress=progress,
    )
    return [_row(found, timings[name], box) for name, found in segmenters.items()]


def as_cells(rows: Sequence[ThroughputRow]) -> tuple[list[str], list[list[str]]]:
    """Return the table's head and rows as text; ratios are relative to SAM ViT-H if timed."""
    sam = next((row for row in rows if row.name == "sam_vit_h"), None)
    head = ["model", "parameters (M)", "images / s", "ms per image", "times SAM"]
    head += ["paper: M", "paper: img/s, A100", "paper: times SAM", "weights"]
    cells = []
    for row in rows:
        fast, slow = (1000 * seconds for seconds in row.timing.spread)
        ratio = "" if sam is None else f"{row.throughput / sam.throughput:.1f}"
        known = PAPER.get(row.name)
        paper = [str(known[0]), str(known[1]), f"{known[1] / 2:.1f}"] if known else [""] * 3
        cells.append(
            [
                row.title,
                f"{row.parameters / 1e6:.1f}",
                f"{row.throughput:.3g}",
                f"{1000 * row.timing.median:.0f} ({fast:.0f}-{slow:.0f})",
                ratio,
                *paper,
                row.provenance,
            ]
        )
    return head, cells


def as_markdown(rows: Sequence[ThroughputRow]) -> str:
    """Return the table as Markdown between how it was timed and what its parameters are."""
    head, cells = as_cells(rows)
    lines = [head, ["---"] * len(head), *cells]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    explained = explain_parameters(rows)
    return f"{describe_machine(rows)}\n\n{table}" + (f"\n\n{explained}" if explained else "")


def describe_machine(rows: Sequence[ThroughputRow]) -> str:
    """Describe the machine, the box and how the rows were timed."""
    devices = ", ".join(dict.fromkeys(f"{row.device} {row.precision}" for row in rows))
    runs = " or ".join(map(str, sorted({row.repeats for row in rows})))
    box = "" if rows[0].box is None else f" Box: {rows[0].box}."
    return (
        f"One {SIDE} x {SIDE} photo encoded and one box answered, median (fastest-slowest) of "
        f"{runs} runs of each model, in turn and after a warm-up, on {machine(rows[0].device)} "
        f"({devices}).{box}"
    )


def explain_parameters(rows: Sequence[ThroughputRow]) -> str:
    """Add up the parameters of the models that the paper lists; empty if it lists none."""
    sums = []
    for row in rows:
        if row.name in PAPER and row.encoder_parameters:
            rest = row.parameters - row.encoder_parameters
            positions = math.prod(row.position_shape) if row.position_shape else 0
            shape = " x ".join(map(str, row.position_shape))
            sums.append(
                f"{row.title} {_millions(row.encoder_parameters)} in the image encoder + "
                f"{_millions(rest)} = {_millions(row.parameters)}, without the absolute position "
                f"embedding ({shape} = {_millions(positions)}) "
                f"{_millions(row.parameters - positions)}, in the paper {PAPER[row.name][0]}"
            )
    return f"Million parameters, counted: {'; '.join(sums)}." if sums else ""


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


def _answer(segmenter: BaseSegmenter, image: np.ndarray, prompt: Prompt) -> None:
    segmenter.predict(segmenter.embed(image), prompt, look_again=False)


def _row(segmenter: BaseSegmenter, timing: Timing, box: TimedBox) -> ThroughputRow:
    encoder = {
        name.partition(".")[2]: value
        for name, value in segmenter.network.named_parameters()
        if name.partition(".")[0] in ENCODERS
    }
    return ThroughputRow(
        segmenter.name,
        segmenter.title,
        segmenter.provenance,
        segmenter.device,
        segmenter.precision,
        sum(value.numel() for value in segmenter.network.parameters()),
        timing,
        box,
        sum(value.numel() for value in encoder.values()),
        tuple(encoder["pos_embed"].shape) if "pos_embed" in encoder else (),
    )


def _box(photo: Path, image_hw: tuple[int, int], boxes: Path | None) -> TimedBox:
    """Return the best box of the photo in a detector's file, or the one that comes along."""
    if boxes is not None:
        usable, left_out = usable_boxes(*read_detections(boxes), photo, image_hw)
        for item in left_out:
            print(f"left out: {item}", file=sys.stderr)
        return _first(usable, photo, f"the best box in {boxes.name}")
    try:
        found = detections_of(load_detections(asset("detections.json"), names="coco"), photo)
    except InvalidPrompt:  # not one of the example photos
        height, width = image_hw
        middle = (width / 4, height / 4, 3 * width / 4, 3 * height / 4)
        return TimedBox(photo.name, "the middle", middle, "half as wide and high as the photo")
    return _first(found, photo, "the tight box of its annotated mask (detections.json)")


def _first(found: Detections, photo: Path, source: str) -> TimedBox:
    x0, y0, x1, y1 = found.boxes_xyxy[0].tolist()
    return TimedBox(photo.name, found.names[0], (x0, y0, x1, y1), source)


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f}"
