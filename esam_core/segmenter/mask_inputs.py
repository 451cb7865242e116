"""Masks given as prompts: low-resolution logits, or masks from elsewhere in the image's size."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from esam_core.errors import InvalidPrompt
from esam_core.geometry import masks_to_boxes
from esam_core.values import shown

OUTSIDE_LOGIT = 6.0  # a mask without logits counts as this inside, and as its negative outside


def check_mask_inputs(
    mask_inputs: Any, count: int, image_hw: tuple[int, int], low_hw: tuple[int, int]
) -> np.ndarray:
    """Check the mask prompts of q queries and bring them to the decoder's size.

    Args:
        mask_inputs: (q, h', w'), or (h', w') for one query, an array or tensor: floating numbers
            are logits as the model returned them (``Masks.low_res_logits``), bools a mask (h, w) in
            the size of the image from anywhere. A third axis (q, 1, h', w'), as in SAM, is allowed.
        count: q.
        image_hw: Height and width of the image in pixels.
        low_hw: Height and width (h', w') of the decoder's logits for that image.

    Returns:
        Logits (q, h', w') float32.

    Raises:
        InvalidPrompt: Another shape or type, numbers that are not finite, or a mask of nothing.
    """
    array = mask_inputs.detach().cpu().float() if hasattr(mask_inputs, "detach") else mask_inputs
    if hasattr(mask_inputs, "dtype") and mask_inputs.dtype == torch.bool:
        array = mask_inputs.cpu()
    array = np.asarray(array)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    array = array[None] if array.ndim == 2 else array
    is_mask = array.dtype == bool
    wanted = image_hw if is_mask else low_hw
    if array.dtype.kind not in "bf" or array.shape != (count, *wanted):
        raise InvalidPrompt(
            f"mask_input is {shown(mask_inputs)} of shape {array.shape} for {count} "
            f"prompt{'s' * (count != 1)}; give logits {low_hw} as Masks.low_res_logits has them "
            f"(floating numbers), or a mask {image_hw} of bools in the size of the image."
        )
    if not np.isfinite(array).all():
        raise InvalidPrompt("mask_input holds numbers that are not finite; give finite logits.")
    if is_mask and not array.any((1, 2)).all():
        raise InvalidPrompt("mask_input is a mask without any pixel; leave it out.")
    return mask_to_logits(array, low_hw) if is_mask else array.astype(np.float32)


def mask_to_logits(masks: np.ndarray, low_hw: tuple[int, int]) -> np.ndarray:
    """Turn masks (q, h, w) bool into low-resolution logits (q, h', w') float32.

    A cell's logit goes from -6 to 6 with the share of its pixels that are inside.
    """
    shares = F.interpolate(torch.from_numpy(masks)[:, None].float(), low_hw, mode="area")[:, 0]
    return (OUTSIDE_LOGIT * (2 * shares - 1)).numpy()


def box_of_logits(logits: np.ndarray, image_hw: tuple[int, int]) -> np.ndarray | None:
    """Return the tight box (4,) in pixels of the mask in logits (h', w'); None if it is empty."""
    inside = logits >= 0
    if not inside.any():
        return None
    scale = np.array([image_hw[1] / inside.shape[1], image_hw[0] / inside.shape[0]] * 2)
    return masks_to_boxes(inside[None])[0] * scale
