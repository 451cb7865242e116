"""Everything in a photo, for the page: a grid decoded once, then filtered as often as one likes.

Plain values in and out, no gradio. Masks are made in a size that a screen can show; areas are told
in pixels of the photo.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from demo import texts
from demo.engine.engine import Engine
from demo.engine.photos import Photo, PhotoGone
from demo.handlers.pictures import labels_url, mask_url
from demo.handlers.points import Json, answering
from demo.handlers.requests import text_of
from esam_core.errors import Cancelled, EsamError, InvalidSettings
from esam_core.visualize import stable_colours

if TYPE_CHECKING:
    from esam_core.everything import GridCandidates, GridSettings
    from esam_core.masks import Masks

log = logging.getLogger(__name__)

CHOICES = ("fast", "quality")
MAP_SIDE = 1280  # longest side of the masks that the page is given
MAP_BYTES = 500_000_000  # masks that exist at one time
MOST_REGIONS = 64  # masks that are sent whole at once
MIN_AREA = 0.05  # percent of the photo
TELL_SECONDS = 0.15  # between two reports of how far a search is
# No slider reaches candidates below these, so they are not kept.
LOWEST = {"pred_iou_thresh": 0.2, "stability_score_thresh": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a grid found in a photo, and the masks that are on show now.

    Args:
        model: Who found it.
        choice: On which grid.
        candidates: All that the sliders choose from.
        shown: Number of the choice, a new one for every change.
        masks: Each mask on show, cut to its box and packed, with the box.
    """

    model: str
    choice: str
    candidates: "GridCandidates"
    shown: str = ""
    masks: tuple[tuple[bytes, tuple[int, int, int, int]], ...] = ()

    @property
    def nbytes(self) -> int:
        """Memory of it all."""
        return self.candidates.nbytes + sum(len(bits) for bits, _ in self.masks)

    def mask(self, i: int) -> np.ndarray:
        """Unpack a mask (h, w) bool."""
        bits, (x0, y0, x1, y1) = self.masks[i]
        mask = np.zeros(self.candidates.image_hw, bool)
        part = np.unpackbits(np.frombuffer(bits, np.uint8), count=(y1 - y0) * (x1 - x0))
        mask[y0:y1, x0:x1] = part.reshape(y1 - y0, x1 - x0).astype(bool)
        return mask


def filters_for(model: str | None) -> dict[str, float]:
    """Return where the sliders stand at first; a small model is less sure of itself."""
    from esam_core.everything import preset

    row = preset("fast", model or "")
    return {
        "predicted_iou": row.pred_iou_thresh,
        "stability": row.stability_score_thresh,
        "nms": row.box_nms_thresh,
        "min_area": MIN_AREA,
    }


def find(engine: Engine, seen: Any, choice: str, filters: dict[str, float]) -> Iterator[Json]:
    """Find everything in the photo that a visitor sees.

    Args:
        engine: The engine.
        seen: The canvas' value: ``token`` and ``model``.
        choice: A name of ``CHOICES``.
        filters: ``predicted_iou``, ``stability``, ``nms``, and ``min_area`` in percent.

    Yields:
        ``{"done", "total"}`` while points are decoded, then ``{"layer", "rows", "count"}``;
        instead of either ``{"error"}``, or ``{"stopped"}`` after a cancel.
    """
    events: queue.Queue[Json] = queue.Queue()
    due = 0.0
    token = _token(seen)
    stopped = engine.kept.begin(token)

    def work() -> None:
        events.put(_refusing(lambda: _found(engine, seen, choice, filters, tell, stopped)))

    def tell(done: int, total: int) -> None:
        nonlocal due
        if time.monotonic() >= due:  # what the page draws takes its time from the search
            due = time.monotonic() + TELL_SECONDS
            events.put({"done": done, "total": total})

    threading.Thread(target=work, name="everything", daemon=True).start()
    try:
        while True:
            event = events.get()
            yield event
            if "done" not in event:
                return
    finally:
        stopped.set()  # also when the visitor has left
        engine.kept.end(token, stopped)


def change(engine: Engine, seen: Any, filters: dict[str, float]) -> Json:
    """Filter the kept candidates anew; nothing is decoded. ``{}`` if there are none."""

    def answer() -> Json:
        photo = engine.photo(_token(seen))
        found = engine.kept.get(photo.token)
        return {} if found is None else _show(engine, photo, found, filters)

    return _refusing(answer)


def stop(engine: Engine, seen: Any) -> None:
    """Stop the search in a visitor's photo."""
    engine.kept.stop(_token(seen))


@answering
def regions(engine: Engine, payload: Any) -> Json:
    """Give masks on show as a whole: in the map, smaller masks lie on larger ones."""
    values = payload if isinstance(payload, dict) else {}
    photo = engine.photo(_token(values))
    found, ids = engine.kept.get(photo.token), values.get("ids")
    if found is None or found.shown != values.get("shown"):
        raise InvalidSettings(texts.EVERYTHING["changed"])
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_REGIONS:
        raise InvalidSettings(texts.EVERYTHING["too_many"].format(most=MOST_REGIONS))
    if not all(isinstance(i, int) and 1 <= i <= len(found.masks) for i in ids):
        raise InvalidSettings(texts.EVERYTHING["changed"])
    return {"masks": [{"id": i, "png": mask_url(found.mask(i - 1))} for i in ids]}


def _found(
    engine: Engine,
    seen: Any,
    choice: str,
    filters: dict[str, float],
    tell: Callable[[int, int], None],
    stopped: threading.Event,
) -> Json:
    from esam_core.everything import preset

    if choice not in CHOICES:
        raise InvalidSettings(f"{choice!r} is no grid; use one of {', '.join(CHOICES)}.")
    photo = engine.photo(_token(seen))
    segmenter, embedding, _ = engine.embed(photo, text_of(seen.get("model")))
    found = engine.kept.get(photo.token)
    if found is None or (found.model, found.choice) != (segmenter.name, choice):
        settings = replace(preset(choice, segmenter.name), **LOWEST)
        candidates = _decoded(engine, segmenter, embedding, settings, tell, stopped)
        found = Found(segmenter.name, choice, candidates)
    return _show(engine, photo, found, filters)


def _decoded(
    engine: Engine,
    segmenter: Any,
    embedding: Any,
    settings: "GridSettings",
    tell: Callable[[int, int], None],
    stopped: threading.Event,
) -> "GridCandidates":
    from esam_core.everything import decode_grid

    def cancel() -> bool:
        engine.give_way()
        return stopped.is_set()

    tell(0, settings.points_per_side**2)
    # The model sees every photo in the same size, so its masks can be drawn in any.
    small = replace(embedding, image_hw=_map_hw(embedding.image_hw))
    return engine.work(
        lambda: decode_grid(segmenter, small, settings, progress=tell, cancel=cancel)
    )


def _show(engine: Engine, photo: Photo, found: Found, filters: dict[str, float]) -> Json:
    """Choose the masks, keep them, and describe them for the page."""
    from esam_core.everything import select

    masks = select(found.candidates, _settings(found.candidates.image_hw, filters))
    height, width = masks.image_hw
    masks = masks[masks.area >= filters["min_area"] / 100 * height * width]
    masks = masks[np.argsort(-masks.area, kind="stable")]
    found = replace(found, shown=token_hex(8), masks=tuple(_packed(masks)))
    engine.kept.put(photo.token, found, found.nbytes)
    rows = _rows(masks, photo)
    layer = {
        "kind": "labels",
        "token": photo.token,
        "mode": "everything",
        "png": labels_url(masks),
        "colours": ["#" + bytes(colour).hex() for colour in stable_colours(masks)],
        "tips": [texts.EVERYTHING["tip"].format(*row) for row in rows],
        "shown": found.shown,
    }
    return {"layer": layer, "rows": rows, "count": len(rows)}


def _settings(image_hw: tuple[int, int], filters: dict[str, float]) -> "GridSettings":
    from esam_core.everything import GridSettings

    height, width = image_hw
    return GridSettings(
        pred_iou_thresh=filters["predicted_iou"],
        stability_score_thresh=filters["stability"],
        box_nms_thresh=filters["nms"],
        min_mask_region_area=50,
        max_masks=max(1, min(1000, MAP_BYTES // (height * width))),
    )


def _rows(masks: "Masks", photo: Photo) -> list[list[float]]:
    """Describe masks: number, percent of the photo, predicted IoU, stability."""
    height, width = masks.image_hw
    percent = 100 * masks.area / (height * width)
    return [
        [
            i + 1,
            round(float(percent[i]), 2),
            round(float(masks.predicted_iou[i]), 2),
            round(float(masks.stability_score[i]), 2),
        ]
        for i in range(len(masks))
    ]


def _packed(masks: "Masks") -> Iterator[tuple[bytes, tuple[int, int, int, int]]]:
    for mask, box in zip(masks.data, masks.boxes_xyxy.astype(int).tolist(), strict=True):
        x0, y0, x1, y1 = box
        yield np.packbits(mask[y0:y1, x0:x1]).tobytes(), (x0, y0, x1, y1)


def _map_hw(image_hw: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, MAP_SIDE / max(image_hw))
    return max(1, round(image_hw[0] * scale)), max(1, round(image_hw[1] * scale))


def _refusing(answer: Callable[[], Json]) -> Json:
    try:
        return answer()
    except Cancelled as error:
        return {"stopped": str(error)}
    except PhotoGone as error:
        return {"error": str(error), "code": "photo_gone"}
    except EsamError as error:
        return {"error": str(error)}
    except Exception:  # nothing may leave the page waiting; the log keeps the reason
        log.exception("everything failed")
        return {"error": texts.UNEXPECTED}


def _token(seen: Any) -> str:
    return (text_of(seen.get("token")) if isinstance(seen, dict) else None) or ""
