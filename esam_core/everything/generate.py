"""Segment everything: from an image to the masks of all objects in it."""

import numpy as np

from esam_core.everything.decode import decode_grid, embedded
from esam_core.everything.progress import Cancel, Partial, Progress, ProgressReport
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
    partial: Partial | None = None,
) -> Masks:
    """Find the masks of all objects in an image.

    Args:
        segmenter: The model.
        image_or_embedding: The image (h, w, 3) uint8 RGB, or its embedding.
        settings: Grid and filters; None is the preset ``quality`` for this model.
        progress: Called with the points done and their total after every batch.
        cancel: Called before every batch; return True to stop.
        partial: Called after every batch with a function that returns the candidates so far, for
            ``select``; see ``decode_grid``. Not called with ``upstream_rules``, which keep none.

    Returns:
        Masks (n, h, w) in the image's size, with the point and crop of each; n may be 0.

    Raises:
        Cancelled: ``cancel`` returned True.
        InvalidSettings: Crops were requested, but only an embedding was given.
        InvalidImage: The image is not an RGB array.
    """
    settings = settings or preset("quality", segmenter.name)
    if settings.upstream_rules:
        report = ProgressReport(progress, cancel, settings.points_per_side**2)
        embedding = embedded(segmenter, image_or_embedding, settings)
        return follow_upstream(segmenter, embedding, settings, report)
    candidates = decode_grid(
        segmenter,
        image_or_embedding,
        settings,
        progress=progress,
        cancel=cancel,
        partial=partial,
    )
    return select(candidates, settings)
