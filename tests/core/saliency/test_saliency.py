"""Saliency maps are those of U2-Net, and points sampled from them give the expected masks."""

import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper

from esam_core.errors import (
    Cancelled,
    InvalidImage,
    InvalidSettings,
    UnknownModel,
    WeightsMismatch,
    WeightsNotFound,
)
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.models import load_segmenter
from esam_core.saliency import (
    SALIENCY,
    SaliencyMap,
    SalientSettings,
    load_saliency,
    salient_components,
    salient_masks,
)
from esam_core.saliency.maps import preprocess

GREY = np.full((90, 120, 3), 128, np.uint8)


class Painter:
    """A segmenter for tests: its second candidate, the best, is the given mask; others are not."""

    def __init__(self, *answers: np.ndarray):
        self.answers, self.prompts, self.embedded = list(answers), [], 0

    def embed(self, image):
        self.embedded += 1
        return type("Embedding", (), {"image_hw": image.shape[:2]})()

    def predict(self, embedding, prompt):
        right = self.answers[len(self.prompts)]
        self.prompts.append(prompt)
        masks = Masks.from_data(np.stack([~right, right, np.zeros_like(right)]))
        return replace(masks, predicted_iou=np.array([0.5, 0.8, 0.1], np.float32))


def drawn(*boxes: tuple[int, int, int, int], peak: float = 1.0) -> SaliencyMap:
    """A map of the grey photo's size that is 1 inside the boxes."""
    data = np.zeros(GREY.shape[:2], np.float32)
    for x0, y0, x1, y1 in boxes:
        data[y0:y1, x0:x1] = 1
    return SaliencyMap(data, peak, "drawn")


LARGE, SMALL = (10, 10, 50, 60), (80, 20, 100, 40)


def inside(box: tuple[int, int, int, int]) -> np.ndarray:
    return drawn(box).data > 0


# Maps


def test_preprocessing_is_that_of_u2net(bear):
    image = bear[0]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].double()
    small = F.interpolate(pixels, (320, 320), mode="bilinear", antialias=True)[0]
    small = small / small.max()
    for channel, (mean, std) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
        ours = preprocess(image, SALIENCY["u2netp"])[0, channel]
        expected = (small[channel].numpy() - mean) / std
        # PIL rounds to whole grey levels after each of its two passes.
        assert np.abs(ours - expected).max() < 2 / 255 / std
        assert abs(ours.mean() - expected.mean()) < 0.6 / 255 / std


def test_dark_photo_is_divided_by_its_own_maximum():
    dark = np.full((40, 40, 3), 51, np.uint8)
    pixels = preprocess(dark, SALIENCY["u2netp"])[0]
    assert pixels[:, 0, 0] == pytest.approx(
        (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225]
    )
    assert preprocess(dark, SALIENCY["isnet-general-use"])[0, 0, 0, 0] == pytest.approx(0.2 - 0.5)
    assert np.isfinite(preprocess(np.zeros((4, 4, 3), np.uint8), SALIENCY["u2netp"])).all()


def test_map_fills_zero_to_one_in_the_size_of_the_photo(bear):
    saliency = load_saliency().estimate(bear[0])
    assert saliency.data.shape == bear[0].shape[:2]
    assert saliency.data.dtype == np.float32
    assert saliency.data.min() == pytest.approx(0, abs=1e-3)
    assert saliency.data.max() == pytest.approx(1, abs=1e-3)
    assert saliency.provenance == "U2-Netp (bundled u2netp, sha256 309c8469)"


def test_map_of_the_bear_shows_the_bear(bear):
    image, truth = bear
    saliency = load_saliency().estimate(image)
    assert mask_iou(saliency.data[None] > 0.5, truth[None]) > 0.7


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_uniform_picture_has_nothing_salient(grey):
    image = np.full((90, 120, 3), grey, np.uint8)
    painter = Painter()
    answer = salient_masks(painter, image)
    assert len(answer.masks) == len(answer.components) == len(answer.prompts) == 0
    assert answer.masks.image_hw == (90, 120)
    assert painter.embedded == 0


def test_missing_model_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsNotFound, match="weights download u2net"):
        load_saliency("u2net")


def test_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(UnknownModel, match="u2netp, u2net, isnet-general-use"):
        load_saliency("u3net")


def test_missing_onnxruntime_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InvalidSettings, match="pip install onnxruntime"):
        load_saliency()


def test_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_text("<html>not found</html>")
    with pytest.raises(WeightsMismatch, match="ONNX"):
        load_saliency("u2net", weights=path)


def test_local_file_is_taken_with_the_preprocessing_of_its_row(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(red_channel(1024).SerializeToString())
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, 10:, 0] = 255
    saliency = load_saliency("isnet-general-use", weights=path).estimate(image)
    assert saliency.provenance.startswith("IS-Net (file, sha256 ")
    assert saliency.data[5, 2] == 0
    assert saliency.data[5, 17] == 1
    assert saliency.peak == pytest.approx(0.5)


def red_channel(side: int) -> onnx.ModelProto:
    """A network that returns its first input channel."""
    shapes = {"image": [1, 3, side, side], "map": [1, 1, side, side]}
    image, answer = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    bounds = [
        helper.make_tensor(name, TensorProto.INT64, [1], [value])
        for name, value in (("start", 0), ("end", 1), ("axis", 1))
    ]
    node = helper.make_node("Slice", ["image", "start", "end", "axis"], ["map"])
    graph = helper.make_graph([node], "red", [image], [answer], bounds)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


# Masks


def test_each_component_becomes_one_mask_largest_first():
    painter = Painter(inside(LARGE), inside(SMALL))
    answer = salient_masks(painter, GREY, saliency=drawn(SMALL, LARGE))
    assert (answer.masks.data == [inside(LARGE), inside(SMALL)]).all()
    assert answer.agreement == pytest.approx([1, 1])
    assert painter.embedded == 1


def test_each_mask_is_reported_and_the_next_one_can_be_cancelled():
    done = []
    painter = Painter(inside(LARGE), inside(SMALL))
    salient_masks(
        painter,
        GREY,
        saliency=drawn(LARGE, SMALL),
        progress=lambda masks, total: done.append((masks, total)),
    )
    assert done == [(1, 2), (2, 2)]
    painter = Painter(inside(LARGE), inside(SMALL))
    with pytest.raises(Cancelled, match="1 of 2 masks"):
        salient_masks(
            painter, GREY, saliency=drawn(LARGE, SMALL), cancel=lambda: bool(painter.prompts)
        )
    painter = Painter()
    with pytest.raises(Cancelled, match="0 of 1 masks"):
        salient_masks(painter, GREY, saliency=drawn(LARGE), cancel=lambda: True)
    assert painter.embedded == 0


def test_three_points_lie_inside_their_component():
    answer = salient_masks(
        Painter(inside(LARGE), inside(SMALL)), GREY, saliency=drawn(LARGE, SMALL)
    )
    for prompt, box in zip(answer.prompts, (LARGE, SMALL), strict=True):
        assert prompt.point_labels == (1, 1, 1)
        assert all(inside(box)[int(y), int(x)] for x, y in prompt.point_coords)


@pytest.mark.parametrize("prompt", ["uniform", "spread"])
def test_same_seed_same_points_another_seed_other_points(prompt):
    def points(seed):
        settings = SalientSettings(prompt=prompt, seed=seed)
        answer = salient_masks(
            Painter(inside(LARGE)), GREY, saliency=drawn(LARGE), settings=settings
        )
        assert answer.seed == seed
        return answer.prompts

    assert points(3) == points(3)
    assert points(3) != points(4)


def test_uniform_points_reach_every_part_of_the_component():
    settings = (SalientSettings(points=6, seed=seed) for seed in range(60))
    points = [
        point
        for s in settings
        for point in salient_masks(Painter(inside(LARGE)), GREY, saliency=drawn(LARGE), settings=s)
        .prompts[0]
        .point_coords
    ]
    x, y = np.array(points).T
    assert abs(x.mean() - 30) < 2 and abs(y.mean() - 35) < 2  # the middle of LARGE
    assert abs(x.std() - 40 / 12**0.5) < 1 and abs(y.std() - 50 / 12**0.5) < 1.5


def test_spread_points_lie_farther_apart_than_uniform_ones():
    def nearest(prompt):
        gaps = []
        for seed in range(20):
            settings = SalientSettings(prompt=prompt, seed=seed)
            answer = salient_masks(
                Painter(inside(LARGE)), GREY, saliency=drawn(LARGE), settings=settings
            )
            p = np.array(answer.prompts[0].point_coords)
            gaps.append(min(np.linalg.norm(p[i] - p[j]) for i in range(3) for j in range(i)))
        return np.mean(gaps)

    assert nearest("spread") > 2 * nearest("uniform")


def test_box_prompt_is_the_box_of_the_component():
    settings = SalientSettings(prompt="box")
    answer = salient_masks(Painter(inside(LARGE)), GREY, saliency=drawn(LARGE), settings=settings)
    assert answer.prompts[0].box_xyxy == LARGE


def test_without_instances_all_components_share_one_prompt():
    both = inside(LARGE) | inside(SMALL)
    settings = SalientSettings(instances=False, points=6)
    answer = salient_masks(Painter(both), GREY, saliency=drawn(LARGE, SMALL), settings=settings)
    assert len(answer.masks) == 1
    assert (answer.components[0] == both).all()


def test_specks_are_left_out():
    saliency = drawn(LARGE, (100, 70, 103, 73))
    assert len(salient_components(saliency, SalientSettings())) == 1
    assert len(salient_components(saliency, SalientSettings(min_share=0))) == 2
    one_pixel = salient_components(drawn((5, 5, 6, 6)), SalientSettings(min_share=0))
    assert one_pixel.sum() == 1


def test_component_of_one_pixel_gives_one_point():
    pixel = inside((5, 5, 6, 6))
    settings = SalientSettings(min_share=0)
    answer = salient_masks(Painter(pixel), GREY, saliency=drawn((5, 5, 6, 6)), settings=settings)
    assert answer.prompts[0].point_coords == ((5.5, 5.5),)


def test_raising_the_threshold_shrinks_the_components():
    ramp = SaliencyMap(np.tile(np.linspace(0, 1, 120, dtype=np.float32), (90, 1)), 1.0, "ramp")
    areas = [salient_components(ramp, SalientSettings(threshold=t)).sum() for t in (0.2, 0.5, 0.8)]
    assert areas == sorted(areas, reverse=True)
    assert areas[1] == pytest.approx(90 * 60, abs=90)


def test_map_of_another_photo_is_refused():
    with pytest.raises(InvalidImage, match="differ in size"):
        salient_masks(Painter(), GREY[:50], saliency=drawn(LARGE))


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0},
        {"threshold": 1},
        {"threshold": float("nan")},
        {"points": 0},
        {"points": 7},
        {"prompt": "random"},
        {"seed": -1},
        {"min_share": 1},
    ],
)
def test_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(InvalidSettings, match=next(iter(wrong))):
        SalientSettings(**wrong)


def test_bear_is_segmented_from_its_saliency(bear):
    image, truth = bear
    answer = salient_masks(load_segmenter("mini", device="cpu"), image)
    assert mask_iou(answer.masks.data[:1], truth[None]) > 0.7
    assert answer.agreement[0] > 0.7
