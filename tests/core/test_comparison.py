"""Models run on the same prompts, and their masks are compared."""

import numpy as np
import pytest

from esam_core import Prompt, load_segmenter
from esam_core.comparison import agreement, compare_models
from esam_core.errors import InvalidSettings
from esam_core.masks import Masks


@pytest.fixture(scope="module")
def mini():
    return load_segmenter("mini", precision="fp32", device="cpu")


def test_equal_models_agree_and_every_prompt_has_a_mask(mini, bear):
    prompts = [Prompt.point(300, 350), Prompt.box(0, 68, 585, 632)]
    result = compare_models(bear[0], prompts, [mini, mini])
    assert result.names == ("mini", "mini")
    assert [len(masks) for masks in result.masks] == [2, 2]
    np.testing.assert_allclose(result.iou, 1)
    assert min(*result.embed_ms, *result.predict_ms) > 0


def test_every_model_stands_with_every_rule(mini, bear):
    result = compare_models(bear[0], Prompt.point(300, 350), [mini], rules=["largest", "smallest"])
    assert (result.names, result.rules) == (("mini", "mini"), ("largest", "smallest"))
    assert result.masks[0].area[0] > result.masks[1].area[0]
    assert result.iou[0, 1] < 1
    assert result.embed_ms[0] == result.embed_ms[1]


def test_one_prompt_and_a_name_will_do(bear):
    result = compare_models(bear[0], Prompt.point(300, 350), ["mini"])
    assert result.iou.tolist() == [[1.0]]
    assert result.masks[0].image_hw == bear[0].shape[:2]


def test_agreement_is_the_mean_over_prompts():
    left, full = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    left[:, :2] = True
    answers = [Masks.from_data(np.stack(pair)) for pair in ([left, full], [full, full])]
    np.testing.assert_allclose(agreement(answers), [[1, 0.75], [0.75, 1]])


@pytest.mark.parametrize(("prompts", "models"), [([], ["mini"]), ([Prompt.point(1, 1)], [])])
def test_nothing_to_compare_is_refused(bear, prompts, models):
    with pytest.raises(InvalidSettings):
        compare_models(bear[0], prompts, models)
