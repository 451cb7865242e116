"""Time of every stage on this machine, with ``--reference`` also of upstream's implementation.

The variants of a model are timed in turn, so that their ratios are meaningful on a busy machine.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from esam_core.benchmark.limits import count_flops, matmul_peak
from esam_core.benchmark.timing import Timing, time_calls
from esam_core.errors import InvalidSettings
from esam_core.images import asset, load_rgb
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.reference import (
    reference_decode,
    reference_encode,
    reference_network,
)
from esam_core.models import MODELS, available_models, load_segmenter
from esam_core.prompts import Prompt
from esam_core.segmenter import BaseSegmenter

HELP = "encode, one click, 64 prompts, everything, saliency, text; per model and precision"
PHOTO = "000000555705.jpg"
OWN = [name for name, spec in reversed(MODELS.items()) if not spec.needs]  # SAM: when named
GRID = 8  # 8 x 8 = 64 prompts
STAGES = (
    "encode",
    "click (3 masks, full size)",
    "decode 64 prompts",
    "everything, 16 x 16 points",  # no reference, which takes minutes: see bench everything
)
ALONE = STAGES[:-1]  # everything mixes them with work that is no product at all
Calls = dict[str, Callable[[], object]]  # one per stage
HEADER = (
    f"{'stage':<28}{'variant':<16}{'median':>10} {'(fast - slow)':>22}{'ratio':>8}{'of peak':>9}"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--models", default=",".join(OWN), help="names, separated by commas")
    parser.add_argument("--reference", action="store_true", help="also upstream's implementation")
    parser.add_argument("--compile", action="store_true", help="also with torch.compile")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="auto")


def run(args: argparse.Namespace) -> int:
    """Print one table per model, then the saliency and text stages."""
    if args.repeats < 1:
        raise InvalidSettings(f"--repeats is {args.repeats}; it must be at least 1.")
    image = load_rgb(asset("photos", PHOTO))
    for name in args.models.split(","):
        bench_model(name, image, args)
    bench_shared(image, args.repeats)
    return 0


def bench_model(name: str, image: np.ndarray, args: argparse.Namespace) -> None:
    """Time the stages of one model on an image (h, w, 3) uint8, in fp32 and in precision auto."""
    random = name not in available_models()
    segmenters = {
        label: load_segmenter(name, device=args.device, precision=precision, random=random)
        for label, precision in {"fp32": "fp32", "auto": "auto"}.items()
    }
    exact, auto = segmenters["fp32"], segmenters["auto"]
    if args.compile:
        segmenters["compiled"] = load_segmenter(
            name, device=args.device, random=random, compiled=True
        )
    variants = {
        label: (segmenter, stages(segmenter, image)) for label, segmenter in segmenters.items()
    }
    if args.reference and isinstance(exact.network, EfficientSam):
        variants = {"reference": (exact, reference_stages(exact, image))} | variants
    print(f"\n{exact.title}, weights: {exact.provenance}, {exact.device}, auto = {auto.precision}")
    print(HEADER)
    for stage in STAGES:
        rows = time_stage(stage, variants, args.repeats)
        base = next(iter(rows.values())).timing.median
        for label, each in rows.items():
            ratio = f"{base / each.timing.median:.1f}x"
            print(row(stage, label, each.timing, ratio, f"{each.fraction:.0%}"))


def stages(segmenter: BaseSegmenter, image: np.ndarray) -> Calls:
    """Return every stage of a segmenter on an image (h, w, 3) uint8, as calls."""
    from esam_core.everything import preset, segment_everything

    embedding = segmenter.embed(image)
    height, width = embedding.image_hw
    click = Prompt.point(width / 2, height / 2)
    coords, labels = grid_points(height, width)
    batch_size, settings = segmenter.batch_size, preset("fast", segmenter.name)
    if segmenter.provenance == "random":  # random scores would change the amount of work
        settings = replace(settings, pred_iou_thresh=0, stability_score_thresh=0)

    def decode_grid() -> None:
        for start in range(0, len(coords), batch_size):
            part = slice(start, start + batch_size)
            segmenter.decode(embedding, coords[part], labels[part])

    calls = (
        lambda: segmenter.embed(image),
        lambda: segmenter.predict(embedding, click),
        decode_grid,
        lambda: segment_everything(segmenter, embedding, settings),
    )
    return dict(zip(STAGES, calls, strict=True))


@dataclass(frozen=True, slots=True)
class Reached:
    """Share of the machine's peak throughput that one stage of one model reaches.

    Args:
        title: Title of the model.
        precision: Precision it ran in.
        stage: The timed stage.
        flops: Operations in matrix products and convolutions.
        timing: The measured times.
        peak: Operations per second of a large matrix product in this precision.
    """

    title: str
    precision: str
    stage: str
    flops: int
    timing: Timing
    peak: float

    @property
    def fraction(self) -> float:
        """Share of the peak, 0 to 1."""
        return self.flops / self.timing.median / self.peak


def time_stage(
    stage: str, variants: dict[str, tuple[BaseSegmenter, Calls]], repeats: int
) -> dict[str, Reached]:
    """Time one stage of all variants that have it, in turn, measuring the peak before and after."""
    calls = {label: found[stage] for label, (_, found) in variants.items() if stage in found}
    device = next(iter(variants.values()))[0].device
    precisions = {segmenter.precision for segmenter, _ in variants.values()}
    before = {precision: matmul_peak(device, precision) for precision in precisions}
    timings = time_calls(calls, device=device, repeats=repeats)
    # The machine may slow down in between.
    peaks = {p: max(peak, matmul_peak(device, p)) for p, peak in before.items()}
    found = {}
    for label, timing in timings.items():
        segmenter, flops = variants[label][0], count_flops(calls[label])
        title, precision = segmenter.title, segmenter.precision
        found[label] = Reached(title, precision, stage, flops, timing, peaks[precision])
    return found


def measure_limits(
    models: Sequence[str],
    *,
    device: str = "auto",
    precision: str = "auto",
    repeats: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> list[Reached]:
    """Measure the stages ``ALONE`` of models against a matrix product.

    Missing weights are random.

    Args:
        models: Names as in ``MODELS``.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        repeats: Timed calls after one warm-up.
        progress: Called with (done, total) models.
    """
    image = load_rgb(asset("photos", PHOTO))
    found: list[Reached] = []
    for done, name in enumerate(models):
        if progress is not None:
            progress(done, len(models))
        random = name not in available_models()
        segmenter = load_segmenter(name, device=device, precision=precision, random=random)
        variant = {"": (segmenter, stages(segmenter, image))}
        for stage in ALONE:
            found += time_stage(stage, variant, repeats).values()
    if progress is not None:
        progress(len(models), len(models))
    return found


def reference_stages(segmenter: BaseSegmenter, image: np.ndarray) -> Calls:
    """Return the stages up to the grid on an image (h, w, 3), as in upstream's forward, in fp32."""
    network = reference_network(segmenter.network)
    pixels = torch.from_numpy(image).to(segmenter.device).permute(2, 0, 1)[None] / 255
    embedding = reference_encode(network, pixels)
    height, width = image.shape[:2]
    coords, labels = (
        torch.as_tensor(x, device=segmenter.device) for x in grid_points(height, width)
    )

    def decode(count: int) -> Callable[[], object]:
        points, marks = coords[None, :count], labels[None, :count]
        return lambda: reference_decode(network, embedding, points, marks, (height, width))

    calls = (lambda: reference_encode(network, pixels), decode(1), decode(GRID * GRID))
    return dict(zip(STAGES[: len(calls)], calls, strict=True))


def grid_points(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 64 foreground points over an image: coordinates (64, 1, 2) and labels (64, 1)."""
    x, y = ((np.arange(GRID) + 0.5) / GRID * size for size in (width, height))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2).astype(np.float32)
    return points, np.ones(points.shape[:2], np.int64)


def row(stage: str, label: str, timing: Timing, ratio: str = "", reached: str = "") -> str:
    """Format one line of the table."""
    fast, slow = (1000 * t for t in timing.spread)
    spread = f"({fast:.1f} - {slow:.1f})"
    median = f"{1000 * timing.median:.1f} ms"
    return f"{stage:<28}{label:<16}{median:>10} {spread:>22}{ratio:>8}{reached:>9}"


def bench_shared(image: np.ndarray, repeats: int) -> None:
    """Time saliency and text ranking on an image (h, w, 3) uint8, with the best available model."""
    from esam_core.everything import preset, segment_everything
    from esam_core.saliency.maps import load_saliency
    from esam_core.text import embed_regions, load_text_encoder, rank_masks

    segmenter, saliency = load_segmenter(), load_saliency()
    exact, words = load_text_encoder(precision="fp32"), load_text_encoder()
    print(f"\n{saliency.title}, and {words.title} on regions by {segmenter.title}")
    print(HEADER)
    masks = segment_everything(segmenter, image, preset("fast", segmenter.name))
    regions = embed_regions(image, masks, words)
    shared: dict[str, Calls] = {
        "saliency map": {"onnxruntime": lambda: saliency.estimate(image)},
        f"text, {len(masks)} new regions": {
            "fp32": lambda: embed_regions(image, masks, exact),
            "auto": lambda: embed_regions(image, masks, words),
        },
        "text, same regions": {"auto": lambda: rank_masks(regions, ["cat"], words)},
    }
    for stage, calls in shared.items():
        timings = time_calls(calls, repeats=repeats)
        base = next(iter(timings.values())).median
        for label, timing in timings.items():
            print(row(stage, label, timing, f"{base / timing.median:.1f}x"))
