"""Salient masks: points drawn from a saliency map prompt the segmenter (the paper's Fig. 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from esam_core.errors import Cancelled, InvalidImage, InvalidSettings
from esam_core.geometry import mask_iou, masks_to_boxes
from esam_core.images import check_rgb
from esam_core.masks import Masks
from esam_core.prompts import MAX_TOKENS, Prompt
from esam_core.saliency.maps import SaliencyMap, load_saliency

if TYPE_CHECKING:
    from esam_core.segmenter import ImageEmbedding, Segmenter

PROMPTS = ("uniform", "spread", "box")
MIN_PEAK = 0.3  # below this nothing is salient; see SaliencyMap.peak
EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True, slots=True)
class SalientSettings:
    """How prompts are derived from a saliency map.

    Args:
        threshold: Pixels of the map with at least this value are salient; between 0 and 1.
        points: Points per mask, 1 to 6; the paper uses three.
        prompt: ``uniform`` samples the points uniformly from the component (as in the paper),
            ``spread`` samples them far apart, ``box`` prompts with the component's box instead.
        seed: Random seed of the points.
        instances: One mask per connected component; otherwise one mask for all of them.
        min_share: Components smaller than this share of the image are ignored.

    Raises:
        InvalidSettings: A value out of range.
    """

    threshold: float = 0.5
    points: int = 3
    prompt: str = "uniform"
    seed: int = 0
    instances: bool = True
    min_share: float = 0.005

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise InvalidSettings(
                f"threshold is {self.threshold}; give a number between 0 and 1, such as 0.5."
            )
        if not 1 <= self.points <= MAX_TOKENS:
            raise InvalidSettings(
                f"points is {self.points}; the model reads 1 to {MAX_TOKENS} points."
            )
        if self.prompt not in PROMPTS:
            raise InvalidSettings(
                f"prompt {self.prompt!r} is unknown; use one of {', '.join(PROMPTS)}."
            )
        if self.seed < 0:
            raise InvalidSettings(f"seed is {self.seed}; give a whole number from 0 on.")
        if not 0 <= self.min_share < 1:
            raise InvalidSettings(
                f"min_share is {self.min_share}; give a share of the image in [0, 1)."
            )


@dataclass(frozen=True, slots=True, eq=False)
class SalientMasks:
    """The salient objects of an image and how they were found; n may be 0.

    Args:
        saliency: The map (h, w).
        components: Connected components of the map (n, h, w) bool, largest first.
        prompts: The segmenter's prompts, one per component, in pixels of the image.
        masks: The segmenter's masks (n, h, w), in the same order.
        choices: Which of the candidates that ``predict`` gives for the prompt each mask is.
        agreement: IoU of each mask with its component (n,) float32.
        seed: Random seed of the points.
    """

    saliency: SaliencyMap
    components: np.ndarray
    prompts: tuple[Prompt, ...]
    masks: Masks
    choices: tuple[int, ...]
    agreement: np.ndarray
    seed: int


def salient_masks(
    segmenter: "Segmenter",
    image: np.ndarray,
    *,
    embedding: "ImageEmbedding | None" = None,
    saliency: SaliencyMap | None = None,
    settings: SalientSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> SalientMasks:
    """Segment the salient objects of an image.

    Args:
        segmenter: The model; its best candidate, by predicted IoU, is chosen. On the example photos
            that is .01 better than the candidate most like the component (``eval salient``).
        image: The image (h, w, 3) uint8 RGB.
        embedding: Embedding of this image by this segmenter, if it was computed before.
        saliency: Map of this image, if it was computed before; otherwise the bundled model
            computes it.
        settings: Defaults to the paper's three uniform points per component.
        progress: Called with the masks predicted so far and their total after every mask.
        cancel: Called before every mask; return True to stop.

    Raises:
        Cancelled: ``cancel`` returned True.
        InvalidImage: The image is not an RGB array, or a map or embedding has another size.
        WeightsNotFound: The bundled saliency model is missing.
    """
    settings = settings or SalientSettings()
    image_hw = check_rgb(image).shape[:2]
    saliency = load_saliency().estimate(image) if saliency is None else saliency
    if saliency.data.shape != image_hw or (embedding and embedding.image_hw != image_hw):
        raise InvalidImage("the image, its saliency map and its embedding differ in size.")
    components = salient_components(saliency, settings)
    prompts = tuple(_prompt(part, settings, i) for i, part in enumerate(components))
    chosen, choices, agreement = [Masks.empty(image_hw)], [], []
    for done, (part, prompt) in enumerate(zip(components, prompts, strict=True)):
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {done} of {len(prompts)} masks, as asked.")
        embedding = segmenter.embed(image) if embedding is None else embedding
        candidates = segmenter.predict(embedding, prompt)
        choices.append(int(candidates.predicted_iou.argmax()))
        chosen.append(candidates[choices[-1]])
        agreement.append(mask_iou(chosen[-1].data, part[None])[0, 0])
        if progress is not None:
            progress(done + 1, len(prompts))
    return SalientMasks(
        saliency,
        components,
        prompts,
        Masks.concat(chosen),
        tuple(choices),
        np.array(agreement, np.float32),
        settings.seed,
    )


def salient_components(saliency: SaliencyMap, settings: SalientSettings) -> np.ndarray:
    """Threshold a map and split it into connected components (n, h, w) bool, largest first.

    Args:
        saliency: Map (h, w) of the image.
        settings: Threshold, minimum share, and whether components are merged.
    """
    if saliency.peak < MIN_PEAK:
        return np.zeros((0, *saliency.data.shape), bool)
    labels, count = ndimage.label(saliency.data >= settings.threshold, EIGHT_NEIGHBOURS)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0
    wanted = np.flatnonzero(areas >= max(1, settings.min_share * labels.size))
    wanted = wanted[np.argsort(-areas[wanted], kind="stable")]
    if settings.instances or not len(wanted):
        return labels == wanted[:, None, None]
    return np.isin(labels, wanted)[None]


def _prompt(component: np.ndarray, settings: SalientSettings, index: int) -> Prompt:
    if settings.prompt == "box":
        return Prompt.box(*masks_to_boxes(component[None])[0].tolist())
    rows, columns = np.nonzero(component)
    pixels = np.stack([columns, rows], 1)
    # Seeded per component, so that its points do not depend on the other components.
    random = np.random.default_rng([settings.seed, index])
    draw = _uniform if settings.prompt == "uniform" else _spread
    points = pixels[draw(pixels, min(settings.points, len(pixels)), random)] + 0.5
    return Prompt(tuple(map(tuple, points.tolist())), (1,) * len(points))


def _uniform(pixels: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return random.choice(len(pixels), count, replace=False)


def _spread(pixels: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Sample the first point; each next point is the pixel farthest from all previous ones."""
    chosen = [int(random.integers(len(pixels)))]
    distance = np.full(len(pixels), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.square(pixels - pixels[chosen[-1]]).sum(1))
        chosen.append(int(distance.argmax()))
    return np.array(chosen)
