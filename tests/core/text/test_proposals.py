"""Proposals are salient masks, then everything on a grid, without duplicates."""

import numpy as np
import pytest

from esam_core.errors import Cancelled
from esam_core.everything import GridSettings
from esam_core.geometry import mask_iou
from esam_core.models import load_segmenter
from esam_core.saliency import SaliencyMap
from esam_core.text import propose

GRID = GridSettings(points_per_side=4, pred_iou_thresh=0.3, stability_score_thresh=0.5)


def test_what_stands_out_is_proposed_first_and_not_twice(bear):
    image, mask = bear
    saliency = SaliencyMap(mask.astype(np.float32), peak=1.0, provenance="drawn")
    done = []
    masks = propose(
        load_segmenter("mini"),
        image,
        saliency=saliency,
        settings=GRID,
        progress=lambda points, total: done.append((points, total)),
    )
    overlaps = mask_iou(masks.data, mask[None])[:, 0]
    assert overlaps[0] > 0.7 and done[-1] == (16, 16)
    assert (mask_iou(masks.data[1:], masks.data[:1]) <= 0.8).all()
    nothing = SaliencyMap(np.zeros(mask.shape, np.float32), peak=0.0, provenance="drawn")
    plain = propose(load_segmenter("mini"), image, saliency=nothing, settings=GRID)
    assert 0 < len(plain) <= len(masks)


def test_proposing_can_be_cancelled(bear):
    with pytest.raises(Cancelled, match="0 of 602 points"):
        propose(load_segmenter("mini"), bear[0], cancel=lambda: True)


def test_proposing_can_be_cancelled_after_the_grid(bear):
    image, mask = bear
    saliency = SaliencyMap(mask.astype(np.float32), peak=1.0, provenance="drawn")
    done = []
    with pytest.raises(Cancelled, match="0 of 1 masks"):
        propose(
            load_segmenter("mini"),
            image,
            saliency=saliency,
            settings=GRID,
            progress=lambda points, total: done.append((points, total)),
            cancel=lambda: bool(done) and done[-1] == (16, 16),
        )
