"""Table 1: parameters and throughput, and the share of the machine's peak that is reached."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from esam_core.benchmark.stages import Reached, measure_limits
from esam_core.benchmark.table1 import (
    PAPER,
    ThroughputRow,
    as_cells,
    describe_machine,
    explain_parameters,
    measure,
)
from esam_core.figures.drawing import GREY_INK
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import CAPTION_PT, LINE, MARGIN, SPACING, WIDTH, wrap
from esam_core.figures.progress import Progress
from esam_core.figures.registry import figure
from esam_core.figures.table import draw_table, table_height
from esam_core.models import MODELS
from esam_core.visualize import palette
from esam_core.visualize.colours import hex_code
from esam_core.visualize.style import paper_style

SHIFT = 0.18  # of what is measured here and in the paper, from the middle of a model's row
LABELS = 1.05  # inches left of a plot, for the names of its rows
GREY = "#b4b4bc"
Plot = Callable[[Axes], None]


@figure("table1")
def measured_table1(
    *, device: str, precision: str, boxes: Path | None, progress: Progress | None
) -> PaperFigure:
    """Measure Table 1 on this machine and render it as a page."""
    rows = measure(device=device, precision=precision, boxes=boxes, progress=progress)
    return table1_efficiency(rows)


@figure("limits")
def measured_limits(*, device: str, precision: str, progress: Progress | None) -> PaperFigure:
    """Measure the share of this machine's peak that the published models reach; render a page."""
    names = [name for name, spec in MODELS.items() if not (spec.bundled or spec.needs)]
    found = measure_limits(names, device=device, precision=precision, progress=progress)
    return machine_limits(found)


def table1_efficiency(rows: Sequence[ThroughputRow]) -> PaperFigure:
    """Draw the results of ``esam_core.benchmark.table1.measure``: a table, and bars below it."""
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
        f"one box prompt.{note} {explain_parameters(rows)}"
    ).rstrip()
    plots: list[Plot] = [partial(show_throughput, rows=rows), partial(show_parameters, rows=rows)]
    return _page("table1_efficiency", head, cells, text, plots, len(rows))


def machine_limits(found: Sequence[Reached]) -> PaperFigure:
    """Draw the results of ``esam_core.benchmark.stages.measure_limits``: a table and bars."""
    head = ["model", "stage", "precision", "G operations", "ms", "G op / s", "peak", "share"]
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
    plots: list[Plot] = [partial(show_shares, found=found)]
    return _page("machine_limits", head, cells, text, plots, len(found))


def show_throughput(ax: Axes, rows: Sequence[ThroughputRow]) -> None:
    """Draw images per second as points: of this machine with their spread, and the paper's."""
    fastest, slowest = (np.array([1 / row.timing.spread[k] for row in rows]) for k in (0, 1))
    middle = np.array([row.throughput for row in rows])
    ends = np.clip([middle - slowest, fastest - middle], 0, None)
    ours = f"{rows[0].device} {rows[0].precision}, here" if rows else "here"
    at = np.arange(len(rows)) - SHIFT
    ax.errorbar(middle, at, xerr=ends, fmt="o", ms=4, capsize=2, color=_colour(0), label=ours)
    known = _paper(rows, 1)
    ax.plot(*known.T[::-1], "D", ms=4, color=GREY, label="A100, paper")
    _label(ax, middle, middle + ends[1], at)
    _label(ax, known[:, 1], known[:, 1], known[:, 0])
    ax.set(xscale="log", title="images per second")
    ax.margins(x=0.2)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="x", linewidth=0.4, color="#e4e4ea")
    _named_rows(ax, [row.title for row in rows])


def show_parameters(ax: Axes, rows: Sequence[ThroughputRow]) -> None:
    """Draw millions of parameters as bars, counted here and in the paper."""
    at, known = np.arange(len(rows)), _paper(rows, 0)
    millions = [row.parameters / 1e6 for row in rows]
    ours = ax.barh(at - SHIFT, millions, 2 * SHIFT, color=_colour(1), label="counted here")
    theirs = ax.barh(known[:, 0], known[:, 1], 2 * SHIFT, color=GREY, label="paper")
    for bars in (ours, theirs):
        ax.bar_label(bars, fmt="%.4g", padding=3, size=7)
    ax.set(title="million parameters")
    ax.margins(x=0.15)
    _named_rows(ax, [row.title for row in rows])


def show_shares(ax: Axes, found: Sequence[Reached]) -> None:
    """Draw the share of the machine's peak that each stage of each model reaches, as bars."""
    at = np.arange(len(found))
    bars = ax.barh(at, [100 * row.fraction for row in found], color=_colour(0), height=0.6)
    ax.bar_label(bars, fmt="%.0f %%", padding=2, size=7)
    ax.set(xlim=(0, 100), title="% of the peak")
    _named_rows(ax, [f"{row.title}, {row.stage}" for row in found])


def _label(ax: Axes, values: np.ndarray, right: np.ndarray, at: np.ndarray) -> None:
    """Write values beside what is drawn of them, which ends at ``right``."""
    for value, x, y in zip(values, right, at, strict=True):
        ax.annotate(f"{value:.3g}", (x, y), (6, 0), textcoords="offset points", va="center", size=7)


def _paper(rows: Sequence[ThroughputRow], which: int) -> np.ndarray:
    """Return the paper's numbers, (k, 2): where they are drawn, below ours, and their values."""
    known = [(i + SHIFT, PAPER[row.name][which]) for i, row in enumerate(rows) if row.name in PAPER]
    return np.array(known, float).reshape(-1, 2)


def _named_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, handlelength=1)


def _page(
    name: str,
    head: Sequence[str],
    cells: Sequence[Sequence[str]],
    text: str,
    plots: Sequence[Plot],
    rows: int,
) -> PaperFigure:
    """Lay out a table, plots side by side below it, and the caption."""
    with paper_style():
        room = WIDTH - 2 * MARGIN
        tall, plot = table_height(head, cells, room), 0.35 + 0.3 * rows
        wrapped = wrap(text, CAPTION_PT, room)
        below = (wrapped.count("\n") + 1) * CAPTION_PT * LINE
        height = MARGIN + tall + 0.35 + plot + 0.5 + below + MARGIN
        page = PaperFigure(name, text, figsize=(WIDTH, height))

        def add(left: float, top: float, width: float, high: float) -> Axes:
            return page.add_axes(
                (left / WIDTH, 1 - (top + high) / height, width / WIDTH, high / height)
            )

        draw_table(add(MARGIN, MARGIN, room, tall), head, cells, room)
        labels = LABELS if len(plots) > 1 else 2 * LABELS
        width = room / len(plots)
        for i, draw in enumerate(plots):
            left = MARGIN + i * width + labels
            draw(add(left, MARGIN + tall + 0.35, width - labels - 0.15, plot))
        page.text(
            MARGIN / WIDTH,
            (below + MARGIN) / height,
            wrapped,
            size=CAPTION_PT,
            linespacing=SPACING,
            color=GREY_INK,
            va="top",
            parse_math=False,
        )
    return page


def _colour(which: int) -> str:
    return hex_code(palette(which + 1)[which])
