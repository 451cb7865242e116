"""Simulated visitors: each opens a photo of its own, clicks on its objects, checks the replies."""

import io
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion

from demo.loadtest.client import PageClient, PageError, opaque_png
from esam_core.datasets.annotated import annotated_photos
from esam_core.images import asset

TRIES = 3  # how often a dropped photo is sent again for one event, as in the page
RIM = 8  # distance of clicks from the edge of an object in pixels, where it is large enough


@dataclass(frozen=True, slots=True)
class VisitorPhoto:
    """A photo used by one visitor only.

    Args:
        jpeg: The file.
        size_wh: Its width and height in pixels.
        clicks: Pixels (x, y) well inside of its objects.
    """

    jpeg: bytes
    size_wh: tuple[int, int]
    clicks: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class VisitStats:
    """Statistics of the visitors of one round.

    Args:
        photo_ms: Milliseconds to upload and embed, per photo.
        click_ms: Milliseconds to masks, per click.
        errors: Messages of visits that ended early.
        wrong_photo: Replies in the size of another photo; must be 0.
        click_outside: Replies without a candidate that contains the click: errors of the model.
        sent_again: Photos that the server had dropped.
    """

    photo_ms: list[float] = field(default_factory=list)
    click_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wrong_photo: int = 0
    click_outside: int = 0
    sent_again: int = 0


def make_photo(number: int, clicks: int) -> VisitorPhoto:
    """Crop visitor ``number``'s photo from an example; size and pixels are unique."""
    photos = list(annotated_photos(asset("photos")))
    photo = photos[number % len(photos)]
    with Image.open(photo.path) as picture:
        width, height = picture.width - number, picture.height - number // len(photos)
        cut = picture.convert("RGB").crop((0, 0, width, height))
    objects = [mask[:height, :width] for mask in photo.masks() if mask[:height, :width].any()]
    rng = np.random.default_rng(number)
    positions = tuple(inner_pixel(objects[i % len(objects)], rng) for i in range(clicks))
    file = io.BytesIO()
    cut.save(file, "JPEG", quality=92)
    return VisitorPhoto(file.getvalue(), (width, height), positions)


def inner_pixel(mask: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """Choose a pixel (x, y) of a mask (h, w) bool, away from its edge where possible."""
    for _ in range(RIM):
        eroded = binary_erosion(mask)
        if not eroded.any():
            break
        mask = eroded
    ys, xs = np.nonzero(mask)
    at = rng.integers(len(ys))
    return int(xs[at]), int(ys[at])


def visit(url: str, photos: Sequence[VisitorPhoto], *, pause: float, seconds: float) -> VisitStats:
    """Run one visitor per photo, all at the same time, and wait for them.

    Args:
        url: Address of the page.
        photos: One per visitor.
        pause: Mean seconds between clicks.
        seconds: Time after which no visitor clicks.
    """
    stats, until = VisitStats(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_visitor, args=(url, i, photo, stats, pause, until), daemon=True)
        for i, photo in enumerate(photos)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return stats


def click(
    client: PageClient, photo: VisitorPhoto, token: str, at: tuple[int, int], stats: VisitStats
) -> str:
    """Click once, check the masks of the reply, and return the photo's current token."""
    prompt = {"point_coords": [list(at)], "point_labels": [1], "box_xyxy": None}
    start = time.perf_counter()
    token, reply = _ask(client, "prompt", photo, token, {"prompt": prompt}, stats)
    stats.click_ms.append(1000 * (time.perf_counter() - start))
    masks = [opaque_png(candidate["png"]) for candidate in reply["candidates"]]
    x, y = at
    if any(size != photo.size_wh for size, _ in masks):
        stats.wrong_photo += 1
    elif not any(mask[y, x] for _, mask in masks):
        stats.click_outside += 1
    return token


def _visitor(
    url: str, number: int, photo: VisitorPhoto, stats: VisitStats, pause: float, until: float
) -> None:
    rng = random.Random(number)
    try:
        with closing(PageClient(url)) as client:
            token = _open(client, photo, stats)
            for at in photo.clicks:
                time.sleep(pause * rng.uniform(0.5, 1.5))
                if time.monotonic() > until:
                    return
                token = click(client, photo, token, at, stats)
    except PageError as error:
        stats.errors.append(str(error))


def _open(client: PageClient, photo: VisitorPhoto, stats: VisitStats) -> str:
    """Send the photo and let the model embed it, as the page does when a photo is chosen."""
    start = time.perf_counter()
    opened = _checked(client.upload(photo.jpeg))
    token, _ = _ask(client, "embed", photo, opened["token"], {}, stats)
    stats.photo_ms.append(1000 * (time.perf_counter() - start))
    if (opened["width"], opened["height"]) != photo.size_wh:
        stats.wrong_photo += 1
    return token


def _ask(
    client: PageClient,
    kind: str,
    photo: VisitorPhoto,
    token: str,
    payload: dict[str, Any],
    stats: VisitStats,
) -> tuple[str, dict[str, Any]]:
    """Send an event about the photo; send a dropped photo again first, as the page does."""
    reply = client.ask(kind, payload | {"token": token})
    for _ in range(TRIES):
        if reply.get("code") != "photo_gone":
            break
        stats.sent_again += 1
        token = _checked(client.upload(photo.jpeg))["token"]
        reply = client.ask(kind, payload | {"token": token})
    return token, _checked(reply)


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    if reply.get("error"):
        raise PageError(reply["error"])
    return reply
