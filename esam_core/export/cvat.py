"""XML for CVAT: one mask per object, exact."""

from collections.abc import Sequence

import numpy as np

from esam_core.export.facts import base_name, labels_of, scores_of
from esam_core.export.xml_text import xml_attribute, xml_content
from esam_core.geometry import masks_to_boxes
from esam_core.masks import Masks
from esam_core.visualize.draw import as_masks

_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>{name}</name>
      <size>1</size>
      <mode>annotation</mode>
      <labels>
{labels}      </labels>
    </task>
  </meta>
"""
_LABEL = """        <label>
          <name>{name}</name>
          <type>mask</type>
          <attributes>
            <attribute>
              <name>score</name>
              <mutable>False</mutable>
              <input_type>text</input_type>
              <default_value></default_value>
              <values></values>
            </attribute>
          </attributes>
        </label>
"""


def export_cvat(
    masks: Masks | np.ndarray,
    *,
    file_name: str = "",
    names: Sequence[str | None] | None = None,
    scores: Sequence[float | None] | None = None,
) -> str:
    """Encode masks as XML of the format "CVAT for images", version 1.1.

    Objects are ``<mask>`` elements (CVAT 2.3 and later): holes and pieces stay, and so do objects
    that overlap. Empty masks are left out. CVAT finds the photo by its name, and reads the labels
    of the task, not of the file: they must be there before the file is uploaded.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        file_name: File name of the photo.
        names: Label of each mask; None is "object". Characters that XML cannot hold become U+FFFD.
        scores: Score of each mask, its attribute ``score``; None is the predicted IoU. CVAT keeps
            it if the task's label has such an attribute.

    Raises:
        InvalidSettings: Not one name or score per mask.
    """
    masks = as_masks(masks)
    labels, known = labels_of(names, len(masks)), scores_of(masks, scores)
    (height, width), name = masks.image_hw, base_name(file_name)
    head = _HEAD.format(
        name=xml_content(name),
        labels="".join(_LABEL.format(name=xml_content(label)) for label in dict.fromkeys(labels)),
    )
    rows = zip(masks.data, labels, known, strict=True)
    shapes = "".join(_shape(mask, label, score) for mask, label, score in rows if mask.any())
    return (
        f'{head}  <image id="0" name={xml_attribute(name)} width="{width}" height="{height}">\n'
        f"{shapes}  </image>\n</annotations>\n"
    )


def _shape(mask: np.ndarray, label: str, score: float | None) -> str:
    left, top, right, bottom = masks_to_boxes(mask[None])[0].astype(int).tolist()
    attribute = "" if score is None else f'      <attribute name="score">{score:.4g}</attribute>\n'
    return (
        f'    <mask label={xml_attribute(label)} source="auto" occluded="0" '
        f'rle="{_runs(mask[top:bottom, left:right])}" left="{left}" top="{top}" '
        f'width="{right - left}" height="{bottom - top}" z_order="0">\n{attribute}    </mask>\n'
    )


def _runs(part: np.ndarray) -> str:
    """Return the run lengths of a mask row by row, the first one outside, in turn."""
    flat = np.concatenate([[False], part.ravel(), [not part[-1, -1]]])
    ends = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]))
    # A mask that begins inside has an empty run before it.
    return ", ".join(
        map(str, np.diff(ends).tolist() if not part[0, 0] else [0, *np.diff(ends[1:])])
    )
