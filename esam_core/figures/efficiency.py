"""Table 1: parameters and throughput, and the share of the machine's peak that is reached."""

from collections.abc import Sequence
from pathlib import Path

from esam_core.benchmark.stages import Reached, measure_limits
from esam_core.benchmark.table1 import ThroughputRow, as_cells, describe_machine, measure
from esam_core.figures.figure import Figure, Progress
from esam_core.figures.registry import figure
from esam_core.models import MODELS
from esam_core.visualize.table import table


@figure("table1")
def measured_table1(
    *, device: str, precision: str, boxes: Path | None, progress: Progress | None
) -> Figure:
    """Measure Table 1 on this machine and render it as a page."""
    rows = measure(device=device, precision=precision, boxes=boxes, progress=progress)
    return table1_efficiency(rows)


@figure("limits")
def measured_limits(*, device: str, precision: str, progress: Progress | None) -> Figure:
    """Measure the share of this machine's peak that the published models reach; render a page."""
    names = [name for name, spec in MODELS.items() if not (spec.bundled or spec.needs)]
    found = measure_limits(names, device=device, precision=precision, progress=progress)
    return machine_limits(found)


def table1_efficiency(rows: Sequence[ThroughputRow]) -> Figure:
    """Render the results of ``esam_core.benchmark.table1.measure`` as a page."""
    head, cells = as_cells(rows)
    random = [row.title for row in rows if row.provenance == "random"]
    note = (
        f" Weights of {', '.join(random)} are random: they were not on this machine, and speed "
        "does not depend on their values."
        if random
        else ""
    )
    text = (
        f"Table 1. Efficiency. {describe_machine(rows)} The paper's numbers are for one A100 and "
        f"one box prompt.{note}"
    )
    return Figure("table1_efficiency", table(head, cells, footer=text), text)


def machine_limits(found: Sequence[Reached]) -> Figure:
    """Render the results of ``esam_core.benchmark.stages.measure_limits`` as a page."""
    head = [
        "model",
        "stage",
        "precision",
        "G operations",
        "ms",
        "G op / s",
        "peak",
        "share",
    ]
    cells = [
        [
            row.title,
            row.stage,
            row.precision,
            f"{row.flops / 1e9:.3g}",
            f"{1000 * row.timing.median:.1f}",
            f"{row.flops / row.timing.median / 1e9:.0f}",
            f"{row.peak / 1e9:.0f}",
            f"{row.fraction:.0%}",
        ]
        for row in found
    ]
    text = (
        "How close to the limit: operations in matrix products and convolutions, counted while "
        "they ran, beside the peak, which one 2048 x 2048 matrix product reaches. What is missing "
        "is memory traffic: softmax, normalisation and GELU when a photo is encoded; when prompts "
        "are decoded, also products that are too small to fill the machine."
    )
    return Figure("machine_limits", table(head, cells, footer=text), text)
