"""bfloat16 gives the masks of float32."""

import numpy as np
import pytest

from esam_core import Prompt, asset, load_segmenter
from esam_core.datasets.annotated import annotated_photos
from esam_core.geometry import mask_iou

MIN_AREA = 1500  # pixels; in smaller masks, a few pixels at the edge change the IoU too much


def overlaps(name: str, *, random: bool, every: int) -> list[float]:
    """IoU of each best bf16 mask with the best fp32 one, for boxes and centres of photos."""
    exact, fast = (
        load_segmenter(name, random=random, precision=p, device="cpu") for p in ("fp32", "bf16")
    )
    found = []
    for photo in list(annotated_photos(asset("photos")))[::every]:
        image = photo.image()
        boxes = [item.box_xywh for item in photo.objects if item.area > MIN_AREA][:4]
        prompts = [Prompt.box(x, y, x + w, y + h) for x, y, w, h in boxes]
        prompts.append(Prompt.point(image.shape[1] / 2, image.shape[0] / 2))
        both = [s.predict_batch(s.embed(image), prompts) for s in (exact, fast)]
        for a, b in zip(*both, strict=True):
            assert np.isfinite(b.predicted_iou).all()
            # Candidates of nearly equal score may change places: match each with its best one.
            found.append(float(mask_iou(a[0].data, b.data).max()))
    return found


@pytest.mark.parametrize(
    ("name", "random", "every"), [("mini", False, 3), ("efficient_sam_ti", True, 18)]
)
@pytest.mark.slow
def test_bf16_finds_the_masks_of_fp32(name, random, every):
    assert np.mean(overlaps(name, random=random, every=every)) >= 0.98
