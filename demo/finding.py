"""What stands out in a photo, and what a text names in it: plain values in and out, no gradio.

What is costly (saliency maps, masks of everything, regions as an encoder sees them) belongs to the
pixels of a photo and is kept by the engine; thresholds, points and texts are then quick to change.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from demo import texts
from demo.asks import text_of
from demo.engine import Engine, Photo
from demo.pictures import heat_url, mask_url
from esam_core.errors import InvalidPrompt, InvalidSettings, UnknownWord
from esam_core.masks import Masks
from esam_core.regions import ViewSettings
from esam_core.saliency import SaliencyMap, load_saliency
from esam_core.salient import SalientMasks, SalientSettings, salient_masks
from esam_core.text import RegionFeatures, TextRanking, embed_regions, rank_masks, split_texts
from esam_core.text_encoders import OFFLINE, TEXT_ENCODERS, TextEncoder, load_text_encoder
from esam_core.visualize import draw_masks, palette

Json = dict[str, Any]
SHOWN_PER_TEXT = 4
REGIONS_PER_TURN = 16  # clicks go first in between
THUMB = 200


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Answers to some texts.

    Args:
        photo: The photo.
        masks: The proposals.
        ranking: Of the texts that were understood, None without any.
        notices: What there is to say, a sentence each.
    """

    photo: Photo
    masks: Masks
    ranking: TextRanking | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One thumbnail: which text, which mask, its score, and whether it answers the text."""

    text: int
    mask: int
    score: float
    chosen: bool
    label: str


def photo_of(engine: Engine, value: object) -> tuple[Photo, str | None]:
    """Return the photo and the model that the canvas's value names.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: It was forgotten.
    """
    value = value if isinstance(value, dict) else {}
    token = text_of(value.get("token"))
    if token is None:
        raise InvalidPrompt(texts.NO_PHOTO)
    return engine.photo(token), text_of(value.get("model"))


# ---- what stands out ----


def find_salient(engine: Engine, value: object, settings: SalientSettings) -> SalientMasks:
    """Segment what stands out in the photo on the canvas.

    Raises:
        EsamError: No photo, or a model that cannot be loaded.
    """
    photo, model = photo_of(engine, value)
    saliency = engine.kept.get(("saliency", photo.digest), lambda: _estimate(engine, photo))
    segmenter, embedding, _ = engine.embed(photo, model)
    with engine.turn("photo"):
        return salient_masks(
            photo.image, segmenter, embedding=embedding, saliency=saliency, settings=settings
        )


def salient_layers(token: str, answer: SalientMasks, *, with_map: bool = True) -> Json:
    """Return the layers of the canvas: the map as heat, the points or boxes, the masks."""
    shared = {"token": token, "mode": "salient"}
    heat = {"kind": "heat", "png": heat_url(answer.saliency.data), **shared} if with_map else None
    # The canvas draws a point in the middle of its pixel, so it takes the pixel's corner.
    points = [[x - 0.5, y - 0.5, 1] for p in answer.prompts for x, y in p.point_coords]
    boxes = [list(p.box_xyxy) for p in answer.prompts if p.box_xyxy]
    return {
        "salient-map": heat,
        "salient-points": {"kind": "markers", "points": points, "boxes": boxes, **shared},
        "salient-masks": {
            "kind": "masks",
            "masks": [{"png": mask_url(mask)} for mask in answer.masks.data],
            **shared,
        },
    }


def say_salient(answer: SalientMasks) -> str:
    """Say in a sentence what stands out."""
    count = len(answer.masks)
    if not count:
        return texts.SALIENT_NOTHING
    things = texts.SALIENT_ONE if count == 1 else texts.SALIENT_MANY.format(count=count)
    return texts.SALIENT_SAID.format(things=things, origin=answer.saliency.provenance)


def _estimate(engine: Engine, photo: Photo) -> SaliencyMap:
    model = engine.tools.get("u2netp", load_saliency)
    with engine.turn("photo"):
        return model.estimate(photo.image)


# ---- what a text names ----


def find_texts(
    engine: Engine, value: object, query: str, threshold: float | None, encoder: str = OFFLINE
) -> Found:
    """Rank the masks of the photo on the canvas by each text of a query.

    A text that is not understood is said and left out; the others are answered.

    Raises:
        EsamError: No photo, no text, or a model that cannot be loaded.
    """
    photo, model = photo_of(engine, value)
    asked = split_texts(query)
    reader = _encoder(engine, encoder)
    understood, notices = [], []
    for text in asked:
        try:
            notices += reader.read(text).notices
            understood.append(text)
        except UnknownWord as error:
            notices.append(str(error))
    if not understood:
        return Found(photo, Masks.empty(photo.image.shape[:2]), None, tuple(notices))
    masks = _everything(engine, photo, model)
    regions = _regions(engine, photo, model, masks, reader)
    ranking = rank_masks(regions, understood, reader, threshold=threshold)
    notices += _no_matches(ranking)
    return Found(photo, masks, ranking, tuple(dict.fromkeys(notices)))


def hits(found: Found) -> list[Hit]:
    """List the thumbnails: per text its answers, then the next most similar masks."""
    ranking, listed = found.ranking, []
    for text, reading in enumerate(ranking.readings if ranking else ()):
        chosen = ranking.chosen(text).tolist()
        best = [i for i in ranking.order[text].tolist() if i not in chosen]
        for mask in [*chosen, *best][: max(SHOWN_PER_TEXT, len(chosen))]:
            score = float(ranking.scores[mask, text])
            listed.append(Hit(text, mask, score, mask in chosen, reading.text))
    return listed


def text_layers(token: str, found: Found, shown: list[Hit], *, keep: bool = False) -> Json:
    """Return the layer with the shown masks in the colours of their texts, or them as objects."""
    colours = [_hex(colour) for colour in text_colours(found)]
    masks = [
        {
            "png": mask_url(found.masks.data[hit.mask]),
            "colour": colours[hit.text],
            "name": hit.label,
        }
        for hit in shown
    ]
    shared = {"token": token, "mode": "text", "masks": masks}
    if keep:
        return {"text-masks": None, "kept": {"kind": "objects", **shared}}
    return {"text-masks": {"kind": "masks", **shared}}


def text_colours(found: Found) -> list[tuple[int, int, int]]:
    """Give each text a colour (r, g, b)."""
    return palette(len(found.ranking.readings)) if found.ranking else []


def thumbnails(found: Found, listed: list[Hit]) -> list[tuple[np.ndarray, str]]:
    """Cut a small picture of each hit, its mask in the colour of its text, and caption it."""
    colours = text_colours(found)
    return [
        (_thumbnail(found, hit, colours[hit.text]), f"{hit.label} {hit.score:.2f}")
        for hit in listed
    ]


def encoder_menu() -> list[tuple[str, str]]:
    """List the encoders for a menu: title and name."""
    return [
        (f"{row.title}, {row.size_mb} MB" if row.model else row.title, name)
        for name, row in TEXT_ENCODERS.items()
    ]


def _encoder(engine: Engine, name: str) -> TextEncoder:
    if name not in TEXT_ENCODERS:
        raise InvalidSettings(texts.NO_SUCH_ENCODER.format(name=name))
    return engine.tools.get(("encoder", name), lambda: load_text_encoder(name))


def _everything(engine: Engine, photo: Photo, model: str | None) -> Masks:
    from esam_core.everything import preset, segment_everything  # torch; the page comes up first

    segmenter, embedding, _ = engine.embed(photo, model)

    def make() -> Masks:
        with engine.turn("long"):
            return segment_everything(
                segmenter,
                embedding,
                preset("fast", segmenter.name),
                progress=lambda done, total: engine.give_way(),
            )

    return engine.kept.get(("everything", segmenter.name, photo.digest), make)


def _regions(
    engine: Engine, photo: Photo, model: str | None, masks: Masks, encoder: TextEncoder
) -> RegionFeatures:
    def make() -> RegionFeatures:
        parts = []
        with engine.turn("long"):
            for start in range(0, max(1, len(masks)), REGIONS_PER_TURN):
                some = masks[start : start + REGIONS_PER_TURN]
                parts.append(embed_regions(photo.image, some, encoder))
                engine.give_way()
        rows = np.concatenate([part.rows for part in parts])
        return RegionFeatures(rows, encoder.name, ViewSettings())

    name = engine.segmenter(model).name
    return engine.kept.get(("regions", encoder.name, name, photo.digest), make)


def _no_matches(ranking: TextRanking) -> list[str]:
    said = []
    for text, reading in enumerate(ranking.readings):
        if not len(ranking.matches(text)):
            best = float(ranking.scores[:, text].max(initial=0))
            said.append(texts.NO_MATCH.format(text=reading.text, best=best))
    return said


def _thumbnail(found: Found, hit: Hit, colour: tuple[int, int, int]) -> np.ndarray:
    x0, y0, x1, y1 = found.masks.boxes_xyxy[hit.mask].astype(int).tolist()
    height, width = found.masks.image_hw
    margin = max(8, (x1 - x0 + y1 - y0) // 12)
    part = (
        slice(max(0, y0 - margin), min(height, y1 + margin)),
        slice(max(0, x0 - margin), min(width, x1 + margin)),
    )
    mask = Masks.from_data(found.masks.data[hit.mask][part][None])
    drawn = draw_masks(found.photo.image[part], mask, colours=[colour])
    picture = Image.fromarray(drawn)
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return np.array(picture)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour))
