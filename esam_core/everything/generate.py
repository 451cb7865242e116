"""Segment everything: an image in, the masks of everything in it out."""

import numpy as np

from esam_core.everything.decode import decode_grid, embedded
from esam_core.everything.progress import Cancel, Progress, ProgressReport
from esam_core.everything.selection import select
from esam_core.everything.settings import GridSettings, preset
from esam_core.everything.upstream import follow_upstream
from esam_core.masks import Masks
from esam_core.segmenter import ImageEmbedding, Segmenter


def segment_everything(
    segmenter: Segmenter,
    image_or_embedding: np.ndarray | ImageEmbedding,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Masks:
    """Find the masks of everything in a photo.

    Args:
        segmenter: The model.
        image_or_embedding: The photo (h, w, 3) uint8 RGB, or its embedding.
        settings: Grid and filters; None is the preset ``quality`` for this model.
        progress: Called with the points done and their total after every batch.
        cancel: Called before every batch; true stops.

    Returns:
        Masks (n, h, w) in the photo's size, with the point and the crop that each was found by;
        maybe none.

    Raises:
        Cancelled: ``cancel`` returned true.
        InvalidSettings: Crops are asked for, but only an embedding is given.
        InvalidImage: The photo is no RGB array.
    """
    settings = settings or preset("quality", segmenter.name)
    if settings.upstream_rules:
        report = ProgressReport(progress, cancel, settings.points_per_side**2)
        embedding = embedded(segmenter, image_or_embedding, settings)
        return follow_upstream(segmenter, embedding, settings, report)
    candidates = decode_grid(
        segmenter, image_or_embedding, settings, progress=progress, cancel=cancel
    )
    return select(candidates, settings)
