"""The second look: where it looks, when, and what it makes of both looks."""

import numpy as np
import pytest
import torch

from esam_core import InvalidPrompt, InvalidSettings, Prompt, asset, load_segmenter
from esam_core.datasets.annotated import annotated_photos
from esam_core.geometry import xywh_to_xyxy
from esam_core.segmenter.look import Query, chosen_crop, crop_embedding, look_box
from tests.support.small import small_segmenter


@pytest.fixture(scope="module")
def mini():
    return load_segmenter("mini", device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def embedding(mini, bear):
    return mini.embed(bear[0])


def query(*prompts):
    return Query(*Prompt(*prompts).tokens())


LOGITS = torch.full((192, 192), -5.0)
LOGITS[40:60, 100:110] = 5


def test_the_crop_is_around_the_box_the_mask_or_twice_the_first_candidate():
    hw = (192, 384)  # a cell is one pixel high and two wide
    assert look_box(query((), (), (100, 40, 140, 80)), LOGITS, hw) == (90, 30, 150, 90)
    assert look_box(query(((210, 50),), (1,)), LOGITS, hw) == (190, 30, 230, 70)
    corrected = query(((210, 50),), (1,))._replace(mask_logits=LOGITS.numpy())
    assert look_box(corrected, LOGITS, hw) == (194, 34, 226, 66)
    # Clicks are inside, and no crop is smaller than 32 pixels or leaves the image.
    assert look_box(query(((2, 50),), (1,)), LOGITS, hw)[0] == 0
    assert look_box(query(((9, 9),), (1,)), torch.full((192, 192), -1.0), hw) is None


def test_it_is_taken_where_it_is_worth_it(mini, embedding):
    small, large = Prompt.box(300, 350, 340, 390), Prompt.box(0, 68, 585, 632)
    assert mini.predict(embedding, small).crop_boxes_xyxy is not None
    assert mini.predict(embedding, large).crop_boxes_xyxy is None  # nothing new would be seen
    assert mini.predict(embedding, small, look_again=False).crop_boxes_xyxy is None
    slow = small_segmenter()
    seen = slow.embed(embedding.image)
    assert slow.predict(seen, small).crop_boxes_xyxy is None  # too slow on a CPU
    assert slow.predict(seen, small, look_again=True).crop_boxes_xyxy is not None


def test_a_box_is_the_crop_itself(mini, embedding):
    masks = mini.predict(embedding, Prompt.point(300, 350), look_again=(100, 200, 400, 500))
    assert masks.crop_boxes_xyxy.tolist() == [[100, 200, 400, 500]] * 3


@pytest.mark.parametrize("wrong", ["yes", 2, None])
def test_other_values_are_refused(mini, embedding, wrong):
    with pytest.raises(InvalidSettings, match="look_again is"):
        mini.predict(embedding, Prompt.point(300, 350), look_again=wrong)


@pytest.mark.parametrize("box", [(0, 0, 9999, 10), (5, 5, 5, 9), (-1, 0, 5, 5)])
def test_a_crop_outside_is_refused(mini, embedding, box):
    with pytest.raises(InvalidPrompt, match="there is no crop"):
        mini.predict(embedding, Prompt.point(300, 350), look_again=box)


def test_outside_the_crop_the_first_look_stays_and_inside_both_are_averaged(mini, embedding):
    prompt, box = Prompt.box(280, 330, 360, 410), (200, 250, 440, 490)
    first = mini.predict(embedding, prompt, look_again=False)
    both = mini.predict(embedding, prompt, look_again=box)
    crop = crop_embedding(mini, embedding, box)
    alone = mini.predict(crop, Prompt.box(80, 80, 160, 160), look_again=False)
    outside = np.ones(embedding.image_hw, bool)
    outside[250:490, 200:440] = False
    np.testing.assert_array_equal(both.data[:, outside], first.data[:, outside])
    full = mini.upscale(torch.from_numpy(first.low_res_logits), embedding.image_hw)
    seen = mini.upscale(torch.from_numpy(alone.low_res_logits), crop.image_hw)
    average = (full[:, 250:490, 200:440] + seen) / 2 >= 0
    np.testing.assert_array_equal(both.data[:, 250:490, 200:440], average.numpy())
    np.testing.assert_allclose(
        both.predicted_iou, (first.predicted_iou + alone.predicted_iou) / 2, atol=1e-5
    )


def test_a_crop_is_encoded_once_and_few_are_kept(mini, bear):
    embedding = mini.embed(bear[0])
    boxes = [(x, 100, x + 200, 300) for x in range(0, 300, 50)]
    one = crop_embedding(mini, embedding, boxes[0])
    assert crop_embedding(mini, embedding, boxes[0]) is one
    for box in boxes:
        crop_embedding(mini, embedding, box)
    assert len(embedding.crops._kept) == embedding.crops.most
    assert crop_embedding(mini, embedding, boxes[0]) is not one


def test_an_embedding_without_pixels_has_no_second_look(mini, embedding):
    blind = type(embedding)(
        embedding.features, embedding.context, embedding.image_hw, "mini", embedding.digest
    )
    where = chosen_crop(mini, blind, query((), (), (300, 350, 340, 390)), LOGITS, True)
    assert where is None


@pytest.mark.slow
def test_masks_of_boxes_are_better_with_it(mini):
    with_it, without = [], []
    for photo in list(annotated_photos(asset("photos")))[::3]:
        embedding, masks = mini.embed(photo.image()), photo.masks()
        for item, truth in zip(photo.objects, masks, strict=True):
            if truth.mean() > 0.005:
                prompt = Prompt.box(*xywh_to_xyxy(np.array(item.box_xywh)).tolist())
                for look, found in ((True, with_it), (False, without)):
                    mask = mini.predict(embedding, prompt, look_again=look).data[0]
                    found.append((mask & truth).sum() / (mask | truth).sum())
    assert np.mean(with_it) > np.mean(without) + 0.01
