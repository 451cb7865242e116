"""Decode a grid of points batch by batch, on the whole image and optionally on crops."""

from collections.abc import Sequence

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.everything.candidates import (
    CandidateList,
    GridCandidates,
    Upscaling,
    gathered,
)
from esam_core.everything.grid import grid_crops
from esam_core.everything.looks import look_again
from esam_core.everything.progress import Cancel, Partial, Progress, ProgressReport
from esam_core.everything.resize import upscaling_to
from esam_core.everything.search import CropSearch
from esam_core.everything.settings import GridSettings, preset
from esam_core.images import check_rgb
from esam_core.segmenter import ImageEmbedding, Segmenter

LOGITS_LIMIT = 128 * 2**20  # bytes of stored candidate logits


def decode_grid(
    segmenter: Segmenter,
    image_or_embedding: np.ndarray | ImageEmbedding,
    settings: GridSettings | None = None,
    *,
    point_grids: Sequence[np.ndarray] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    partial: Partial | None = None,
) -> GridCandidates:
    """Decode a grid and keep the candidates that reach the settings' thresholds.

    ``select`` may then be called many times with other thresholds. It cannot recover candidates
    below these, so use low ones here. If the logits exceed 128 MiB, NMS runs early and candidates
    that overlap a better one are dropped.

    Args:
        segmenter: The model.
        image_or_embedding: The image (h, w, 3) uint8 RGB, or its embedding.
        settings: Grid, crops and lowest thresholds; None is the preset ``quality``.
        point_grids: Custom points instead of a grid: per crop layer, (n, 2) as fractions (x, y)
            of the crop.
        progress: Called with the points done and their total after every batch.
        cancel: Called before every batch; return True to stop.
        partial: Called after every batch and every look with a function that returns the
            candidates so far; masks that will be looked at again are still as first seen.

    Returns:
        The candidates with their logits in low resolution.

    Raises:
        Cancelled: ``cancel`` returned True.
        InvalidSettings: Crops were requested, but only an embedding without pixels was given.
        InvalidImage: The image is not an RGB array.
    """
    settings = settings or preset("quality", segmenter.name)
    embedding = embedded(segmenter, image_or_embedding, settings)
    image_hw = embedding.image_hw
    parts = grid_crops(image_hw, settings, point_grids)
    total = sum(len(part.points) + len(part.if_uncovered) for part in parts)
    report = ProgressReport(progress, cancel, total + settings.looks)
    found, decoded = CandidateList(settings, LOGITS_LIMIT), 0
    upscalings: dict[tuple[int, int], Upscaling] = {}

    def so_far() -> GridCandidates:
        return gathered(found, image_hw, decoded, upscalings)

    for part in parts:
        seen = embedding
        if part.size_hw != image_hw:
            assert embedding.image is not None, "embedded() asks for the image"
            x0, y0, x1, y1 = part.box_xyxy
            seen = segmenter.embed(np.ascontiguousarray(embedding.image[y0:y1, x0:x1]))
        search = CropSearch(segmenter, seen, part, image_hw, settings, found, report)
        for count in search.run():
            decoded += count
            if search.low_hw and part.size_hw not in upscalings:
                upscalings[part.size_hw] = upscaling_to(segmenter, search.low_hw, part.size_hw)
            if partial is not None:
                partial(so_far)
    if settings.looks:
        return look_again(segmenter, embedding, so_far(), settings, report, partial)
    return so_far()


def embedded(
    segmenter: Segmenter, image_or_embedding: np.ndarray | ImageEmbedding, settings: GridSettings
) -> ImageEmbedding:
    """Embed an image (h, w, 3) uint8 RGB; an embedding is returned unchanged.

    Raises:
        InvalidSettings: Crops were requested, but only an embedding without pixels was given.
        InvalidImage: The image is not an RGB array.
    """
    if not isinstance(image_or_embedding, ImageEmbedding):
        return segmenter.embed(check_rgb(image_or_embedding))
    if (settings.crop_n_layers or settings.looks) and image_or_embedding.image is None:
        raise InvalidSettings(
            f"crop_n_layers is {settings.crop_n_layers} and looks {settings.looks}, but this "
            "embedding holds no pixels to crop; give the image itself, or set both to 0."
        )
    return image_or_embedding
