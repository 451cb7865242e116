"""What a model can do on one photo, for each figure: the measures that ``eval examples`` ranks by.

Every measure gives rows of JSON values: ``value`` ranks the photo, ``items`` are the prompts and
how well each was answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from esam_core.datasets.annotated import AnnotatedObject, AnnotatedPhoto
from esam_core.errors import UnknownWord
from esam_core.evaluation.salient import DOMINANT
from esam_core.evaluation.scenes import GOOD_IOU
from esam_core.everything import preset, segment_everything
from esam_core.figures.annotation import VISIBLE
from esam_core.figures.noise import find_noise
from esam_core.geometry import interior_point, mask_iou, xywh_to_xyxy
from esam_core.prompts import Prompt
from esam_core.saliency import SaliencyModel, salient_masks
from esam_core.segmenter import ImageEmbedding, Segmenter
from esam_core.text import TextEncoder, embed_regions, propose, rank_masks

LARGE = 0.02  # of the photo: smaller objects are nobody's example
SCENE = 3  # such objects make a photo a scene
BOXES = 5  # of the largest objects of a photo
HALF = 0.5  # of the photo: what is larger is a background, and encloses things that are no noise
RIGHT = 0.7  # IoU from which a mask is right but for its noise

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The models under test.

    Args:
        segmenter: Makes the masks.
        saliency: Says what stands out.
        encoder: Reads words.
    """

    segmenter: Segmenter
    saliency: SaliencyModel
    encoder: TextEncoder


class Subject:
    """A photo, its objects, largest first, and what is computed of it only once.

    Args:
        photo: The photo.
        models: The models under test.
        words: All class names that texts may ask for.
    """

    def __init__(self, photo: AnnotatedPhoto, models: Models, words: tuple[str, ...] = ()) -> None:
        self.photo, self.models, self.words = photo, models, words
        areas = np.array([item.area for item in photo.objects])
        self._order = np.argsort(-areas, kind="stable").tolist()

    @property
    def objects(self) -> list[AnnotatedObject]:
        """The n annotated objects."""
        return [self.photo.objects[i] for i in self._order]

    @cached_property
    def masks(self) -> np.ndarray:
        """Their masks (n, h, w) bool."""
        return self.photo.masks()[self._order]

    @cached_property
    def shares(self) -> np.ndarray:
        """Their areas as shares of the photo (n,) float."""
        return self.masks.mean((1, 2))

    @cached_property
    def image(self) -> np.ndarray:
        """The pixels (h, w, 3) uint8 RGB."""
        return self.photo.image()

    @cached_property
    def embedding(self) -> ImageEmbedding:
        """The embedding by the segmenter."""
        return self.models.segmenter.embed(self.image)

    def best(self, prompt: Prompt) -> np.ndarray:
        """Return the mask (h, w) bool with the highest predicted IoU for a prompt."""
        return self.models.segmenter.predict(self.embedding, prompt).data[0]

    def item(self, index: int, mask: np.ndarray) -> Row:
        """Return name, id and share of an object and the IoU of a mask (h, w) bool with it."""
        found = self.objects[index]
        return {
            "name": found.name,
            "object_id": found.id,
            "share": _rounded(self.shares[index]),
            "iou": _iou(mask, self.masks[index]),
        }

    def row(self, value: float, items: list[Row], **more: Any) -> Row:
        """Return a row of this photo."""
        main = {"name": self.objects[0].name, "share": _rounded(self.shares[0])}
        return {"photo": self.photo.number, **main, "value": value, "items": items} | more


def point_on_the_largest(subject: Subject) -> Row:
    """Measure the IoU of one click at the interior point of the largest object."""
    point = interior_point(subject.masks[0])
    mask = np.zeros_like(subject.masks[0])
    if point is not None:
        mask = subject.best(Prompt.point(*point))
    item = subject.item(0, mask) | {"point_xy": point}
    return subject.row(item["iou"], [item])


def boxes_of_the_largest(subject: Subject) -> Row | None:
    """Measure the mean IoU of tight boxes: the five largest objects from 1 % of the photo on."""
    items = []
    for index in np.flatnonzero(subject.shares >= VISIBLE)[:BOXES].tolist():
        box = _box(subject.objects[index])
        items.append(subject.item(index, subject.best(Prompt.box(*box))) | {"box_xyxy": box})
    right = sum(item["iou"] >= RIGHT for item in items)
    return subject.row(_mean(items), items, right=right) if items else None


def everything_visible(subject: Subject) -> Row | None:
    """Measure the mean best IoU of the objects from 1 % of the photo on, on the fast grid.

    A photo with fewer than three such objects is no scene.
    """
    visible = np.flatnonzero(subject.shares >= VISIBLE).tolist()
    if len(visible) < SCENE:
        return None
    segmenter = subject.models.segmenter
    grid = preset("fast", segmenter.name)
    masks = segment_everything(segmenter, subject.embedding, grid).data
    overlaps = mask_iou(subject.masks, masks)
    nothing = np.zeros_like(subject.masks[0])
    best = [masks[overlaps[i].argmax()] if len(masks) else nothing for i in visible]
    items = [subject.item(i, mask) for i, mask in zip(visible, best, strict=True)]
    reached = float(np.mean([item["iou"] > GOOD_IOU for item in items]))
    return subject.row(_mean(items), items, reached=_rounded(reached), masks=len(masks))


def salient_dominant(subject: Subject) -> Row | None:
    """Measure the IoU of all salient masks together with the object that dominates the photo."""
    if subject.shares[0] < max(LARGE, DOMINANT * subject.shares.sum()):
        return None
    models = subject.models
    found = salient_masks(
        models.segmenter,
        subject.image,
        embedding=subject.embedding,
        saliency=models.saliency.estimate(subject.image),
    )
    item = subject.item(0, np.logical_or.reduce(found.masks.data))
    return subject.row(item["iou"], [item], masks=len(found.masks))


def noise_of_boxes(subject: Subject) -> Row | None:
    """Count islands and holes of the noisiest mask that is right for an object's box.

    Only objects from 2 % to half of the photo count.
    """
    noisy: list[Row] = []
    for index in np.flatnonzero((subject.shares >= LARGE) & (subject.shares <= HALF)).tolist():
        box = _box(subject.objects[index])
        mask = subject.best(Prompt.box(*box))
        noise = find_noise(mask)
        counts = {"islands": noise.island_count, "holes": noise.hole_count}
        noisy.append(subject.item(index, mask) | {"box_xyxy": box} | counts)
    right = [item for item in noisy if item["iou"] >= RIGHT]
    if not right:
        return None
    worst = max(right, key=lambda item: item["islands"] + item["holes"])
    shown = {"name": worst["name"], "share": worst["share"]}
    return subject.row(worst["islands"] + worst["holes"], [worst], **shown)


def words_for_objects(subject: Subject) -> Row | None:
    """Measure the mean IoU of the best-ranked masks for the two words that are answered best.

    A word is the class of objects that cover together at least 2 % of the photo; the mask is
    compared with each of them and with all of them together. The scores of the words of other
    photos, for which nothing is right, are kept beside it.
    """
    models, truth = subject.models, _truth_by_name(subject)
    known = [word for word in subject.words if _is_known(word, models.encoder)]
    present = [word for word in known if word in truth and truth[word][-1].mean() >= LARGE]
    if len(present) < 2:
        return None
    masks = propose(models.segmenter, subject.image, embedding=subject.embedding)
    if not len(masks):
        return None
    regions = embed_regions(subject.image, masks, models.encoder)
    items, absent = [], {}
    for word in known:
        ranking = rank_masks(regions, [word], models.encoder)
        best = ranking.order[0][:1]
        score = _rounded(ranking.scores[best[0], 0])
        answer = {"score": score, "found": score >= ranking.threshold}
        if word in present:
            iou = _rounded(mask_iou(masks.data[best], truth[word]).max())
            items.append({"name": word, "iou": iou, **answer})
        elif word not in truth:
            absent[word] = answer
    return subject.row(0.0, items, absent=absent, masks=len(masks)) | best_words(items)


def best_words(items: list[Row]) -> Row:
    """Return a row's value and right answers by its two best words, and its items, best first.

    A word is right if its mask is, and the score says so.
    """

    def right(item: Row) -> bool:
        return item["found"] and item["iou"] > GOOD_IOU

    ordered = sorted(items, key=lambda item: (right(item), item["iou"]), reverse=True)
    two = ordered[:2]
    return {"value": _mean(two), "right": sum(map(right, two)), "items": ordered}


TASKS: dict[str, Callable[[Subject], Row | None]] = {
    "fig1": point_on_the_largest,
    "fig2": boxes_of_the_largest,
    "fig3": everything_visible,
    "fig4": salient_dominant,
    "fig5": noise_of_boxes,
    "fig6": words_for_objects,
}


def _truth_by_name(subject: Subject) -> dict[str, np.ndarray]:
    """Return by class the masks of its objects and, last, all of them together (n + 1, h, w)."""
    masks: dict[str, list[np.ndarray]] = {}
    for item, mask in zip(subject.objects, subject.masks, strict=True):
        masks.setdefault(item.name, []).append(mask)
    return {name: np.stack([*found, np.any(found, 0)]) for name, found in masks.items()}


def _is_known(word: str, encoder: TextEncoder) -> bool:
    try:
        encoder.parse(word)
    except UnknownWord:
        return False
    return True


def _box(item: AnnotatedObject) -> list[float]:
    return xywh_to_xyxy(np.array(item.box_xywh, float)).tolist()


def _iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return _rounded(mask_iou(mask[None], truth[None])[0, 0])


def _mean(items: list[Row]) -> float:
    return _rounded(np.mean([item["iou"] for item in items]))


def _rounded(value: Any) -> float:
    return round(float(value), 4)
