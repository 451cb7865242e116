"""A click and segment everything while other programs keep the processor busy.

Neighbours are processes in a busy loop. With k of them on c cores, a program that uses all cores
has a fair share of c / (c + k) of the machine: it may take (c + k) / c times as long as alone.
``share`` is the measured time divided by that: 1 is fair, 2 is twice as slow.

Three settings are measured in turn, each in its own process: torch's default, as many threads as
there are free cores (``esam_core.modeling.cpu.FreeCores``, which segmenters use) and one thread.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from esam_core.benchmark.limits import processor_name
from esam_core.errors import InvalidSettings

HELP = "a click and everything beside busy processes, per setting of the threads"
PHOTO = "000000555705.jpg"
SETTINGS = ("default", "ours", "one thread")
STAGES = ("click", "everything")
CLICKS = 5  # per turn


@dataclass(frozen=True, slots=True)
class BusyRow:
    """Seconds of repeated runs of one stage, in one setting and with ``neighbours`` processes."""

    stage: str
    setting: str
    neighbours: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median in seconds."""
        return float(np.median(self.seconds))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--model", default="mini")
    parser.add_argument("--neighbours", default="0,1,2", metavar="N[,N]", help="busy processes")
    parser.add_argument("--points", type=int, default=16, help="points per side of the grid")
    parser.add_argument("--repeats", type=int, default=5)


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    words = args.neighbours.split(",")
    if not all(word.isdigit() for word in words):
        raise InvalidSettings(f"--neighbours is {args.neighbours!r}; give numbers, as in 0,1,2.")
    if args.repeats < 1:
        raise InvalidSettings(f"--repeats is {args.repeats}; it must be at least 1.")
    rows = measure(
        [int(word) for word in words], model=args.model, points=args.points, repeats=args.repeats
    )
    print(f"{processor_name()}, {cores()} cores, {args.model}, medians of {args.repeats}")
    print(as_table(rows, cores()))
    return 0


def measure(
    neighbours: Sequence[int], *, model: str = "mini", points: int = 16, repeats: int = 5
) -> list[BusyRow]:
    """Time every stage in every setting in turn, for each number of busy processes."""
    rows = []
    with ExitStack() as stack:
        workers = {name: stack.enter_context(_worker(name, model, points)) for name in SETTINGS}
        for count in neighbours:
            with busy(count):
                turns = [{name: _ask(w) for name, w in workers.items()} for _ in range(repeats)]
            rows += [
                BusyRow(stage, name, count, tuple(turn[name][stage] for turn in turns))
                for stage in STAGES
                for name in workers
            ]
    return rows


def as_table(rows: Sequence[BusyRow], cores: int) -> str:
    """Return rows as text; shares are relative to the default setting without neighbours."""
    alone = {r.stage: r.median for r in rows if (r.setting, r.neighbours) == ("default", 0)}
    lines = [f"{'stage':<12}{'neighbours':>11}  {'setting':<12}{'median':>11}{'share':>8}"]
    for row in rows:
        fair = alone.get(row.stage, float("nan")) * (cores + row.neighbours) / cores
        lines.append(
            f"{row.stage:<12}{row.neighbours:>11}  {row.setting:<12}"
            f"{1000 * row.median:>8.0f} ms{row.median / fair:>8.2f}"
        )
    return "\n".join(lines)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run ``count`` busy processes while the block runs."""
    spin = [sys.executable, "-c", "while True: sum(range(1000))"]
    processes = [subprocess.Popen(spin) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def _worker(setting: str, model: str, points: int) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that times all stages once per line that it reads."""
    code = f"from esam_core.benchmark.busy import work; work({setting!r}, {model!r}, {points})"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(worker: "subprocess.Popen[str]") -> dict[str, float]:
    """Have a worker time all stages once; return seconds per stage."""
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError(f"the worker process ended with status {worker.wait()}.")
    return json.loads(line)


def work(setting: str, model: str, points: int) -> None:
    """Time all stages once per line on standard input; print the result as a line of JSON."""
    import torch

    from esam_core.everything import GridSettings, segment_everything
    from esam_core.images import asset, load_rgb
    from esam_core.modeling.cpu import free_cores
    from esam_core.models import load_segmenter
    from esam_core.process import tune_process
    from esam_core.prompts import Prompt

    tune_process()  # the same for all settings, which differ only in threads
    if setting != "ours":
        free_cores.running = lambda: 0
    if setting == "one thread":
        torch.set_num_threads(1)
    segmenter, image = load_segmenter(model, device="cpu"), load_rgb(asset("photos", PHOTO))
    embedding = segmenter.embed(image)
    click = Prompt.point(image.shape[1] / 2, image.shape[0] / 2)
    segmenter.predict(embedding, click)
    settings = GridSettings(points_per_side=points)
    for _ in sys.stdin:
        seconds = [_seconds(lambda: segmenter.predict(embedding, click)) for _ in range(CLICKS)]
        whole = _seconds(lambda: segment_everything(segmenter, image, settings))
        print(json.dumps({"click": float(np.median(seconds)), "everything": whole}), flush=True)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
