"""What is no mask is refused with a reason, and never read from foreign memory."""

import json

import numpy as np
import pytest

from esam_core.errors import InvalidImage
from esam_core.export import coco_results, encode_rle, export_coco, load_coco, load_svg
from tests.support.shapes import one_shape

NAN = float("nan")
MASK = np.zeros((4, 5), bool)
MASK[1:3, 1:4] = True


def with_segmentation(segmentation) -> dict:
    record = export_coco(MASK)
    record["annotations"][0]["segmentation"] = segmentation
    return record


def rle(counts) -> dict:
    return {"size": [4, 5], "counts": counts}


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1, 1, 4, 1, 4, 3, 1, 3]],
        [[1.0, 1, 3, 1, 3, 3, 1, 3], [3, 1, 4, 1, 4, 3, 3, 3]],
        rle([5, 2, 2, 2, 2, 2, 5]),
        rle([5, 2, 2, 2, 2, 2, 0, 0, 5]),
        rle(np.array([5, 2, 2, 2, 2, 2, 5]).tolist()),
        encode_rle(MASK),
        rle(encode_rle(MASK)["counts"].encode()),
    ],
)
def test_every_kind_of_segmentation_is_read(segmentation):
    record = with_segmentation(segmentation)
    assert (load_coco(record).data == MASK).all()
    (row,) = coco_results(record)
    assert (load_coco(with_segmentation(row["segmentation"])).data == MASK).all()


@pytest.mark.parametrize(
    "segmentation",
    [
        *(None, "abc", 5, [], [[]], [None], [{}], [1, 2, 3, 4, 5, 6]),
        *([[1, 2, 3, 4]], [[1, 2, 3, 4, 5, 6, 7]], [["a"] * 6], [[None] * 6], [[NAN] * 6]),
        *([[1e9, 0, 1e9, 5, 0, 5]], [[-1e18, 0, 5, 5, 0, 5]]),
        *({}, {"size": [4, 5]}, {"size": 5, "counts": "a"}, {"size": [5, 4], "counts": [20]}),
        *map(rle, ("", "zzzz", "é", "P", "d", " d0", None, 7)),
        *map(rle, ([], [1, 2], [100], [-5, 25], [1.5, 18.5], [2**40], ["a"], [True, 19])),
    ],
    ids=repr,
)
def test_what_is_no_segmentation_is_refused(segmentation):
    for read in (load_coco, coco_results):
        with pytest.raises(InvalidImage):
            read(with_segmentation(segmentation))


@one_shape
def test_run_lengths_that_do_not_fill_the_image_are_refused(mask):
    height, width = mask.shape
    record = export_coco(mask)
    record["annotations"][0]["segmentation"]["size"] = [height, width + 1]
    record["images"][0]["width"] = width + 1
    with pytest.raises(InvalidImage, match=f"do not fill an image of {width + 1} x {height}"):
        load_coco(record)


def test_picture_too_large_to_decode_is_refused():
    record = export_coco(np.zeros((0, 4, 5), bool))
    record["images"][0].update(width=10**6, height=10**6)
    record["annotations"] = [
        {"image_id": 1, "segmentation": {"size": [10**6, 10**6], "counts": [10**12]}}
    ]
    with pytest.raises(InvalidImage, match="1000000 x 1000000 pixels"):
        load_coco(record)
    with pytest.raises(InvalidImage, match="1000000 x 1000000 pixels"):
        load_svg('<svg viewBox="0 0 1000000 1000000"></svg>')


def test_reason_shows_only_the_start_of_what_came():
    with pytest.raises(InvalidImage) as caught:
        load_coco(json.dumps(with_segmentation([["x" * 10_000]])))
    assert len(str(caught.value)) < 250
