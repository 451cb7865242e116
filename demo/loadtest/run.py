"""Simulated visitors of the page, each with photos and clicks of its own."""

import argparse
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.loadtest.client import PageClient, PageError, opaque_png
from esam_core.cli import guarded
from esam_core.commands._common import write_file
from esam_core.errors import EsamError

APP = Path(__file__).resolve().parents[2] / "app.py"
START_SECONDS = 120
TRIES = 3  # how often a forgotten photo is sent again for one question, as in the page
PROXY_FREE = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@dataclass(frozen=True, slots=True)
class Sight:
    """A photo that no other visitor has, and pixels that lie well inside of its objects."""

    jpeg: bytes
    size_wh: tuple[int, int]
    clicks: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Tally:
    """What the visitors met; times in milliseconds."""

    photo_ms: list[float] = field(default_factory=list)
    click_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    strangers: int = 0  # answers in the size of another photo: must be none
    beside: int = 0  # answers of which no candidate contains the click: the model's own errors
    sent_again: int = 0  # photos that the server had forgotten


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``python -m demo.loadtest``."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.loadtest",
        description="Let simulated visitors use the page at once. Starts app.py on a free port, or "
        "uses a page that runs (--url). Every visitor opens a photo of its own and clicks on its "
        "objects; answers are checked.",
    )
    parser.add_argument("--visitors", type=_count, nargs="+", default=[1, 4, 16], metavar="N")
    parser.add_argument("--clicks", type=_count, default=8, help="per visitor (default 8)")
    parser.add_argument(
        "--pause", type=float, default=1.0, metavar="S", help="thinking between clicks (default 1)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="no visitor clicks after this (default 60)"
    )
    parser.add_argument("--one-photo", action="store_true", help="all visitors open the same photo")
    parser.add_argument("--url", help="a page that runs already, http://HOST:PORT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers")
    parser.add_argument(
        "app", nargs="*", metavar="-- ARGS", help="arguments for app.py, such as -- --model mini"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the load test; returns its exit code."""
    return guarded(run, build_parser().parse_args(argv))


def run(args: argparse.Namespace) -> int:
    """Run every round and print one line per round; 1 if a visitor met an error."""
    rows = []
    with _server(args) as (url, pid):
        _await_model(url)
        print(HEAD, flush=True)
        for visitors in args.visitors:
            sights = [make_sight(0 if args.one_photo else i, args.clicks) for i in range(visitors)]
            start = time.perf_counter()
            tally = visit(url, sights, pause=args.pause, seconds=args.seconds)
            row = summary(tally, visitors, time.perf_counter() - start) | {"rss_mb": _rss_mb(pid)}
            rows.append(row)
            print(line(row), flush=True)
            for said in sorted(set(tally.errors))[:5]:
                print(f"  error: {said}")
    if args.json:
        write_file(args.json, json.dumps(rows, indent=1).encode())
    return int(any(row["errors"] or row["strangers"] for row in rows))


def visit(url: str, sights: list[Sight], *, pause: float, seconds: float) -> Tally:
    """Let one visitor per photo use the page, all at the same time, and wait for all of them."""
    tally, until = Tally(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_visitor, args=(url, i, sight, tally, pause, until), daemon=True)
        for i, sight in enumerate(sights)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def make_sight(number: int, clicks: int) -> Sight:
    """Cut visitor ``number``'s photo out of an example: no other one has its size or its pixels."""
    import numpy as np
    from PIL import Image

    from esam_core.datasets.annotated import annotated_photos
    from esam_core.images import asset

    photos = list(annotated_photos(asset("photos")))
    photo = photos[number % len(photos)]
    with Image.open(photo.path) as picture:
        width, height = picture.width - number, picture.height - number // len(photos)
        cut = picture.convert("RGB").crop((0, 0, width, height))
    objects = [mask[:height, :width] for mask in photo.masks() if mask[:height, :width].any()]
    chance = np.random.default_rng(number)
    spots = [_inside(objects[i % len(objects)], chance) for i in range(clicks)]
    file = io.BytesIO()
    cut.save(file, "JPEG", quality=92)
    return Sight(file.getvalue(), (width, height), tuple(spots))


def summary(tally: Tally, visitors: int, seconds: float) -> dict[str, Any]:
    """Bring what visitors met to the numbers of one round."""
    return {
        "visitors": visitors,
        "photo_p50_ms": percentile(tally.photo_ms, 50),
        "photo_p95_ms": percentile(tally.photo_ms, 95),
        "clicks": len(tally.click_ms),
        "click_p50_ms": percentile(tally.click_ms, 50),
        "click_p95_ms": percentile(tally.click_ms, 95),
        "clicks_per_s": round(len(tally.click_ms) / seconds, 1),
        "errors": len(tally.errors),
        "strangers": tally.strangers,
        "beside": tally.beside,
        "sent_again": tally.sent_again,
    }


def percentile(values: list[float], percent: float) -> float | None:
    """Return a percentile (nearest rank), or None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))], 1)


HEAD = (
    "visitors  photo p50/p95 ms  clicks  click p50/p95 ms  clicks/s  errors  other's  beside  "
    "again  RSS MB"
)


def line(row: dict[str, Any]) -> str:
    """Lay one round out under ``HEAD``."""
    photo, click = (
        " / ".join("-" if row[key] is None else f"{row[key]:.0f}" for key in keys)
        for keys in (("photo_p50_ms", "photo_p95_ms"), ("click_p50_ms", "click_p95_ms"))
    )
    rss = "-" if row["rss_mb"] is None else f"{row['rss_mb']:.0f}"
    return (
        f"{row['visitors']:8}  {photo:>16}  {row['clicks']:6}  {click:>16}  "
        f"{row['clicks_per_s']:8}  {row['errors']:6}  {row['strangers']:7}  {row['beside']:6}  "
        f"{row['sent_again']:5}  {rss:>6}"
    )


def _visitor(url: str, number: int, sight: Sight, tally: Tally, pause: float, until: float) -> None:
    chance = random.Random(number)
    try:
        with closing(PageClient(url)) as client:
            token = _open(client, sight, tally)
            for spot in sight.clicks:
                time.sleep(pause * chance.uniform(0.5, 1.5))
                if time.monotonic() > until:
                    return
                token = _click(client, sight, token, spot, tally)
    except PageError as error:
        tally.errors.append(str(error))


def _open(client: PageClient, sight: Sight, tally: Tally) -> str:
    """Send the photo and let the model read it, as the page does when a photo is chosen."""
    start = time.perf_counter()
    opened = _checked(client.upload(sight.jpeg))
    token, _ = _ask(client, "embed", sight, opened["token"], {}, tally)
    tally.photo_ms.append(1000 * (time.perf_counter() - start))
    if (opened["width"], opened["height"]) != sight.size_wh:
        tally.strangers += 1
    return token


def _click(
    client: PageClient, sight: Sight, token: str, spot: tuple[int, int], tally: Tally
) -> str:
    """Click once and look at the answer."""
    prompt = {"point_coords": [list(spot)], "point_labels": [1], "box_xyxy": None}
    start = time.perf_counter()
    token, reply = _ask(client, "prompt", sight, token, {"prompt": prompt}, tally)
    tally.click_ms.append(1000 * (time.perf_counter() - start))
    masks = [opaque_png(candidate["png"]) for candidate in reply["candidates"]]
    x, y = spot
    if any(size != sight.size_wh for size, _ in masks):
        tally.strangers += 1
    elif not any(mask[y, x] for _, mask in masks):
        tally.beside += 1
    return token


def _ask(
    client: PageClient, kind: str, sight: Sight, token: str, payload: dict[str, Any], tally: Tally
) -> tuple[str, dict[str, Any]]:
    """Ask about the photo, and send it again when it was forgotten, as the page does."""
    reply = client.ask(kind, payload | {"token": token})
    for _ in range(TRIES):
        if reply.get("code") != "photo_gone":
            break
        tally.sent_again += 1
        token = _checked(client.upload(sight.jpeg))["token"]
        reply = client.ask(kind, payload | {"token": token})
    return token, _checked(reply)


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    if reply.get("error"):
        raise PageError(reply["error"])
    return reply


def _inside(mask: Any, chance: Any) -> tuple[int, int]:
    """Choose a pixel of a mask away from its rim where it has such pixels."""
    import numpy as np

    core = mask
    for _ in range(8):
        inner = core.copy()
        inner[1:-1, 1:-1] &= core[:-2, 1:-1] & core[2:, 1:-1] & core[1:-1, :-2] & core[1:-1, 2:]
        inner[[0, -1]] = inner[:, [0, -1]] = False
        core = inner if inner.any() else core
    ys, xs = np.nonzero(core)
    at = chance.integers(len(ys))
    return int(xs[at]), int(ys[at])


@contextmanager
def _server(args: argparse.Namespace) -> Iterator[tuple[str, int | None]]:
    """Give the address of a page and the process behind it, which ends with the block."""
    if args.url:
        yield args.url.rstrip("/"), None
        return
    if not APP.is_file():
        raise EsamError(f"there is no {APP} to start; give --url of a page that runs.")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(APP), "--host", "127.0.0.1", "--port", str(port), *args.app]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=APP.parent, env=os.environ | PROXY_FREE, stdout=log, stderr=log
        )
        try:
            _await_page(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(10)


def _await_page(url: str, process: subprocess.Popen, log: Any) -> None:
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines()
            raise EsamError(f"app.py ended before its page was up: {said[-1] if said else ''}")
        try:
            PageClient(url).close()
            return
        except PageError:
            time.sleep(0.1)
    raise EsamError(f"app.py was not up after {START_SECONDS} s.")


def _await_model(url: str) -> None:
    with closing(PageClient(url)) as client:
        for _ in range(START_SECONDS * 5):
            status = client.ask("status", {})
            if status["state"] == "error":
                raise EsamError(status["error"])
            if status["state"] == "ready":
                model_info = next(m for m in status["models"] if m["name"] == status["default"])
                about = (
                    f"{model_info['title']} on {model_info['device']}, {model_info['precision']}"
                )
                print(about, flush=True)
                return
            time.sleep(0.2)
    raise EsamError(f"the model was not ready after {START_SECONDS} s.")


def _rss_mb(pid: int | None) -> float | None:
    """Read a process' resident memory where the system tells it in a file, as Linux does."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    resident = re.search(r"VmRSS:\s+(\d+)", status)  # none of a process that has ended
    return int(resident[1]) / 1024 if resident else None


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)
