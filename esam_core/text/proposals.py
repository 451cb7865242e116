"""Mask proposals for text prompts: salient objects, and segment everything on a grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.prompts import Prompt
from esam_core.saliency.maps import load_saliency
from esam_core.saliency.masks import SalientSettings, salient_masks

if TYPE_CHECKING:
    from esam_core.everything.candidates import GridCandidates
    from esam_core.everything.settings import GridSettings
    from esam_core.saliency.maps import SaliencyMap
    from esam_core.segmenter import ImageEmbedding, Segmenter

MAX_MASKS = 120  # from the grid
DUPLICATE_IOU = 0.8  # of two masks with a higher IoU only the first is kept


@dataclass(frozen=True, slots=True)
class PromptOrigin:
    """A proposal that a prompt gave: the prompt in pixels, and which of its candidates it is."""

    prompt: Prompt
    choice: int


@dataclass(frozen=True, slots=True)
class GridOrigin:
    """A proposal of the grid: its number in ``Proposals.candidates``."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """Mask proposals and what each was made from, so that it can be drawn in another size.

    Args:
        masks: n masks (n, h, w).
        origins: The origin of each; None for a grid by upstream's rules, which keeps no candidates.
        candidates: The candidates of the grid that became masks.
    """

    masks: Masks
    origins: tuple[PromptOrigin | GridOrigin | None, ...]
    candidates: "GridCandidates | None" = None


def propose(
    segmenter: "Segmenter",
    image: np.ndarray,
    *,
    embedding: "ImageEmbedding | None" = None,
    saliency: "SaliencyMap | None" = None,
    settings: "GridSettings | None" = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Masks:
    """Propose masks for text prompts: salient objects, then everything on the fast grid.

    Texts often name the salient object. On the example photos (76 pairs of photo and class name,
    from ``eval text``) the best mask is the named object for 38 % of the pairs with the bundled
    model, for 30 % without the salient masks, and for 28 % with twice as many grid masks, the added
    ones of lower quality.

    Args:
        segmenter: The model.
        image: The image (h, w, 3) uint8 RGB.
        embedding: Embedding of this image by this segmenter, if it was computed before.
        saliency: Map of this image, if it was computed before; otherwise the bundled model
            computes it.
        settings: Grid settings; default is ``fast`` for this model with at most 120 masks.
        progress: Called with the points decoded so far and their total after every batch.
        cancel: Called before every step; return True to stop.

    Returns:
        n masks (n, h, w): the salient ones, then those of the grid.

    Raises:
        Cancelled: ``cancel`` returned True.
        InvalidImage: The image is not an RGB array.
        WeightsNotFound: The bundled saliency model is missing.
    """
    return trace_proposals(
        segmenter,
        image,
        embedding=embedding,
        saliency=saliency,
        settings=settings,
        progress=progress,
        cancel=cancel,
    ).masks


def trace_proposals(
    segmenter: "Segmenter",
    image: np.ndarray,
    *,
    embedding: "ImageEmbedding | None" = None,
    saliency: "SaliencyMap | None" = None,
    settings: "GridSettings | None" = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Proposals:
    """Propose masks as ``propose`` does, and keep what each was made from."""
    # Imported here because it loads torch, which the page's layout does not need.
    from esam_core.everything.settings import preset

    embedding = segmenter.embed(image) if embedding is None else embedding
    settings = settings or replace(preset("fast", segmenter.name), max_masks=MAX_MASKS)
    # The grid takes longest, so it runs first, where cancellation takes effect early.
    grid = _from_grid(segmenter, embedding, settings, progress, cancel)
    saliency = load_saliency().estimate(image) if saliency is None else saliency
    salient = []
    for prompt in ("box", "uniform"):
        found = salient_masks(
            segmenter,
            image,
            embedding=embedding,
            saliency=saliency,
            settings=SalientSettings(prompt=prompt),
            cancel=cancel,
        )
        origins = map(PromptOrigin, found.prompts, found.choices)
        salient.append(Proposals(found.masks, tuple(origins)))
    return _without_duplicates([*salient, grid])


def _from_grid(
    segmenter: "Segmenter",
    embedding: "ImageEmbedding",
    settings: "GridSettings",
    progress: Callable[[int, int], None] | None,
    cancel: Callable[[], bool] | None,
) -> Proposals:
    from esam_core.everything import decode_grid, segment_everything, select_numbered

    if settings.upstream_rules:
        masks = segment_everything(segmenter, embedding, settings, progress=progress, cancel=cancel)
        return Proposals(masks, (None,) * len(masks))
    candidates = decode_grid(segmenter, embedding, settings, progress=progress, cancel=cancel)
    found = select_numbered(candidates, settings)
    origins = map(GridOrigin, range(len(found.masks)))
    return Proposals(found.masks, tuple(origins), candidates.take(found.numbers))


def _without_duplicates(parts: Sequence[Proposals]) -> Proposals:
    """Concatenate proposals; of near duplicates, keep the one from the earlier part."""
    joined, *others = parts
    for part in others:
        overlaps = mask_iou(part.masks.data, joined.masks.data)
        new = np.flatnonzero((overlaps <= DUPLICATE_IOU).all(1))
        joined = Proposals(
            Masks.concat([joined.masks, part.masks[new]]),
            (*joined.origins, *(part.origins[i] for i in new)),
            part.candidates,
        )
    return joined
