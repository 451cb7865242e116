"""Steps make the same mask every time, keep what was right, and do what they say."""

import numpy as np
import pytest

from esam_core import CleanUp, InvalidPrompt, Prompt, Step, asset, load_segmenter, replay, steps_of
from esam_core.corrections.keep import kept_change
from esam_core.evaluation.clicks import click_through
from esam_core.evaluation.targets import prompt_targets
from tests.support.fakes import FakeSegmenter
from tests.support.small import blocks

HW = (60, 80)


@pytest.fixture(scope="module", params=["fake", "fake with masks"])
def fake(request):
    segmenter = FakeSegmenter(understands_mask_input=request.param == "fake with masks")
    return segmenter, segmenter.embed(blocks(*HW))


@pytest.fixture(scope="module")
def mini(bear):
    segmenter = load_segmenter("mini", device="cpu", precision="fp32")
    return segmenter, segmenter.embed(bear[0])


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_one_step_is_what_predict_gives(mini):
    segmenter, embedding = mini
    for prompt in (Prompt.point(300, 350), Prompt.box(0, 68, 585, 632)):
        masks = replay(segmenter, embedding, steps_of(prompt))
        same = segmenter.predict(embedding, prompt)
        np.testing.assert_array_equal(masks.data, same.data)
        np.testing.assert_allclose(masks.predicted_iou, same.predicted_iou)


def test_steps_of_a_prompt_are_its_box_and_its_points():
    prompt = Prompt.point(3, 4).with_point(5, 6, 0).with_box(1, 1, 9, 9)
    assert steps_of(prompt) == (
        Step(box_xyxy=(1, 1, 9, 9)),
        Step(point=(3, 4)),
        Step(point=(5, 6), label=0),
    )


def test_a_replay_needs_no_memory_and_gives_the_same_with_one(mini):
    segmenter, embedding = mini
    steps = [
        Step(point=(300, 350)),
        Step(point=(300, 60), label=0, choice=1),
        Step(stroke=((20, 20), (90, 40)), radius=9, mode="add"),
        Step(point=(300, 500)),
    ]
    memory: dict = {}
    for end in range(1, len(steps) + 1):
        kept = replay(segmenter, embedding, steps[:end], memory=memory)
        alone = replay(segmenter, embedding, steps[:end])
        np.testing.assert_array_equal(kept.data, alone.data)
    assert len(memory) == len(steps)


def test_the_candidate_that_was_picked_is_the_one_that_is_corrected(fake):
    segmenter, embedding = fake
    add = Step(point=(70, 50), mode="add")
    for choice in (0, 1, 2):
        picked = Step(point=(20, 20), choice=choice)
        shown = replay(segmenter, embedding, [picked])[choice]
        after = replay(segmenter, embedding, [picked, add])
        assert (after.data[:, shown.data[0]]).all()


def test_add_and_subtract_unite_and_cut_what_the_step_finds_alone(fake):
    segmenter, embedding = fake
    first, second = Step(point=(20, 20)), Step(point=(50, 40))
    shown, alone = (replay(segmenter, embedding, [s]).data for s in (first, second))
    for mode, expected in (("add", shown[0] | alone), ("subtract", shown[0] & ~alone)):
        step = Step(point=(50, 40), mode=mode)
        found = replay(segmenter, embedding, [first, step])
        np.testing.assert_array_equal(found.data, expected)
    box = Step(box_xyxy=(60, 40, 80, 60), mode="add")
    assert replay(segmenter, embedding, [first, box]).data[0, 45:, 65:].all()


def test_a_brush_paints_and_an_eraser_erases_the_pixels_under_it(fake):
    segmenter, embedding = fake
    paint = Step(stroke=((10, 30), (70, 30)), radius=5, mode="add")
    mask = replay(segmenter, embedding, [paint])
    assert len(mask) == 1
    rows, columns = np.nonzero(mask.data[0])
    assert abs(rows.min() - 25) <= 1 and abs(rows.max() - 34) <= 1
    assert abs(columns.min() - 5) <= 1 and abs(columns.max() - 74) <= 1
    erase = Step(stroke=((40, 30),), radius=8, mode="subtract")
    cut = replay(segmenter, embedding, [paint, erase]).data[0]
    assert not cut[25:35, 35:45].any() and cut[30, 10] and cut[30, 70]
    # What is erased stays erased although a mask could be nothing at all.
    gone = replay(
        segmenter, embedding, [paint, Step(stroke=((40, 30),), radius=90, mode="subtract")]
    )
    assert not gone.data.any()


def test_a_mask_from_elsewhere_is_corrected(fake):
    segmenter, embedding = fake
    mask = np.zeros(HW, bool)
    mask[5:20, 50:75] = True
    np.testing.assert_array_equal(replay(segmenter, embedding, [], mask=mask).data[0], mask)
    more = replay(segmenter, embedding, [Step(point=(20, 45), mode="add")], mask=mask)
    assert more.data[:, mask].all() and more.data[0, 45, 20]
    less = replay(segmenter, embedding, [Step(point=(60, 12), label=0)], mask=mask)
    assert not less.data[0, 12, 60]


@pytest.mark.parametrize(
    ("steps", "mask", "message"),
    [
        ([], None, "no steps"),
        ([Step(point=(5, 5), label=0)], None, "point at nothing"),
        ([Step(point=(99, 5))], None, "outside"),
        ([Step(box_xyxy=(100, 5, 120, 9))], None, "beside"),
        ([], np.zeros(HW, bool), "at least one"),
        ([], np.ones((5, 5), bool), "give .height, width"),
        ([], np.ones(HW, np.uint8), "bools"),
    ],
)
def test_steps_that_make_no_sense_are_refused(fake, steps, mask, message):
    with pytest.raises(InvalidPrompt, match=message):
        replay(*fake, steps, mask=mask)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "exactly one"),
        ({"point": [1, 2], "box_xyxy": [1, 1, 5, 5]}, "exactly one"),
        ({"point": [1, "a"]}, "a point is"),
        ({"point": [1, 2], "label": 7}, "label 7"),
        ({"point": [1, 2], "mode": "paint"}, "correct, add, subtract"),
        ({"stroke": [[1, 2]], "radius": 3}, "add, subtract"),
        ({"stroke": [[1, 2]], "mode": "add"}, "radius"),
        ({"stroke": [[1, "x"]], "radius": 3, "mode": "add"}, "position of a stroke"),
        ({"point": [1, 2], "choice": 3}, "choice is 3"),
        ({"pint": [1, 2]}, "pint"),
    ],
)
def test_records_that_are_no_steps_are_refused(record, message):
    with pytest.raises(InvalidPrompt, match=message):
        Step.from_json(record)


def test_steps_survive_json():
    for step in (
        Step(point=(3, 4), label=0, choice=2),
        Step(box_xyxy=(1, 1, 9, 9), mode="add"),
        Step(stroke=((1, 2), (3, 4)), radius=6, mode="subtract"),
    ):
        assert Step.from_json(step.to_json()) == step


def test_cleaning_is_for_the_eye_and_not_for_the_next_step(fake):
    segmenter, embedding = fake
    steps = [
        Step(point=(20, 20)),
        Step(stroke=((75, 55),), radius=2, mode="add"),
    ]
    clean = replay(segmenter, embedding, steps, cleanup=CleanUp(largest=True))
    assert not clean.data[0, 55, 75]
    assert replay(segmenter, embedding, steps).data[0, 55, 75]


def test_a_click_changes_the_piece_it_is_in_and_nothing_elsewhere():
    shown = np.zeros((60, 80), bool)
    shown[10:50, 10:40] = True
    new = np.full((60, 80), -5.0)
    new[10:50, 10:35] = 5  # forgets a strip
    new[20:40, 50:70] = 5  # finds what was clicked
    changed = kept_change(shown, new, (60, 30), 1, step=9)
    assert changed[shown].all() and changed[20:40, 50:70].all()
    # One of the first clicks may change everything, if it is in the middle of the change.
    assert not kept_change(shown, new, (60, 30), 1, step=1)[30, 37]


def test_a_click_that_the_model_does_not_follow_changes_its_surroundings():
    shown = np.zeros((60, 80), bool)
    shown[10:50, 10:40] = True
    for at, label in (((60.0, 30.0), 1), ((25.0, 30.0), 0)):
        changed = kept_change(shown, np.where(shown, 5.0, -5.0), at, label, step=3)
        assert changed[int(at[1]), int(at[0])] == bool(label)
        assert 0 < (changed ^ shown).sum() < 400


def largest_targets(folder, count):
    """The largest object of each of the first photos."""
    by_photo = {}
    for target in prompt_targets(folder, 0.02):
        name = target.key.split("#")[0]
        if name not in by_photo and len(by_photo) == count:
            break
        kept = by_photo.get(name)
        by_photo[name] = target if kept is None or kept.share < target.share else kept
    return list(by_photo.values())


@pytest.mark.slow
def test_ten_clicks_end_far_better_than_one_and_seldom_below_the_best(mini):
    segmenter, _ = mini
    first, best, last = [], [], []
    for target in largest_targets(asset("photos"), 12):
        embedding = segmenter.embed(target.image)
        found, seconds = click_through(segmenter, embedding, target, 10)
        assert len(seconds) == len(found)
        first.append(found[0])
        best.append(max(found))
        last.append(found[-1])
    assert np.mean(last) > np.mean(first) + 0.1
    assert np.mean(np.array(best) - last) < 0.01


def test_a_late_background_click_changes_only_what_is_near():
    shown, logits = np.zeros((60, 200), bool), np.full((60, 200), -5.0)
    shown[10:50, 10:190] = True
    logits[10:50, 100:190] = 5.0  # the prediction forgets the left half for a click at its edge
    changed = kept_change(shown, logits, (20.0, 30.0), 0, step=9)
    lost = np.flatnonzero((shown & ~changed).any(0))
    assert len(lost) and lost.max() < 45
