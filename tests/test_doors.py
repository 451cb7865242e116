"""Every door asks the same question: one table of inputs, walked through all places that take a
prompt. Each gives the mask that ``Segmenter.predict`` gives, or refuses with the same error.

``point_grids`` of the generator take fractions and no prompt, and HTTP itself is a server: they
have their own tests, in ``core/sam/test_compat.py`` and ``demo/test_api.py``.
"""

import json
import math
from functools import cache
from inspect import signature
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from demo.engine import Engine
from demo.engine.catalogue import ModelEntry
from demo.handlers import points as handler
from demo.handlers import service as service_handler
from demo.notebook.widget import PromptWidget
from esam_core import InvalidPrompt, Prompt, compare_models, load_segmenter
from esam_core.cli import main
from esam_core.sam.compat import SamPredictor
from tests.support.fakes import FakeCatalogue
from tests.support.payloads import opaque
from tests.support.small import blocks, tiny_sam

NAN, INF = math.nan, math.inf
IMAGE = blocks(60, 80)
POINT, BOX = (30, 20), (10, 10, 50, 40)
BACKGROUND = Prompt.point(*POINT).with_point(5, 5, 0)
NOTHING = "points at nothing|Nothing was pointed at|nothing to segment"
TOO_MANY = "[78] prompt tokens given, the model reads at most 6"
NO_POINT = r"takes 2 finite numbers|give \((b, n|q, t), 2\)|array of numbers|is not X,Y|not a list"
NO_BOX = r"takes 4 finite numbers|give \(b, 4\)|array of numbers|is not X0,Y0,X1,Y1"
LABEL = "(?i)label"

# name: (points, labels, box, the prompt it means or what the refusal says)
ROWS: dict[str, tuple] = {
    "point": ([POINT], [1], None, Prompt.point(*POINT)),
    "point and background": (
        [POINT, (5, 5)],
        [1, 0],
        None,
        Prompt.point(*POINT).with_point(5, 5, 0),
    ),
    "box and point": ([POINT], [1], BOX, Prompt.point(*POINT).with_box(*BOX)),
    "box and background": ([(12, 12)], [0], BOX, Prompt.box(*BOX).with_point(12, 12, 0)),
    "reversed box": ([], [], (50, 40, 10, 10), Prompt.box(*BOX)),
    "box turned left to right": ([], [], (50, 10, 10, 40), Prompt.box(*BOX)),
    "box turned upside down": ([], [], (10, 40, 50, 10), Prompt.box(*BOX)),
    "box standing out": ([], [], (-20, 10, 999, 40), Prompt.box(0, 10, 80, 40)),
    "box around all": ([], [], (-5, -5, 85, 65), Prompt.box(0, 0, 80, 60)),
    "reversed box standing out": ([], [], (999, 40, 10, -3), Prompt.box(10, 0, 80, 40)),
    "point on the far edge": ([(80, 60)], [1], None, Prompt.point(80, 60)),
    "point at the origin": ([(0, 0)], [1], None, Prompt.point(0, 0)),
    "box beside": ([], [], (100, 10, 150, 40), "beside the photo of 80 x 60"),
    "box above": ([], [], (10, -40, 50, -10), "beside the photo"),
    "reversed box beside": ([], [], (150, 40, 100, 10), "beside the photo"),
    "box touching the edge": ([], [], (80, 10, 90, 40), "beside the photo"),
    "point and box beside": ([POINT], [1], (100, 10, 150, 40), "beside the photo"),
    "box without width": ([], [], (10, 10, 10, 40), "has no area"),
    "box without height": ([], [], (10, 10, 50, 10), "has no area"),
    "box of one point": ([], [], (10, 10, 10, 10), "has no area"),
    "box with NaN": ([], [], (10, NAN, 50, 40), "takes 4 finite numbers"),
    "box with infinity": ([], [], (10, 10, INF, 40), "takes 4 finite numbers"),
    "box with minus infinity": ([], [], (-INF, 10, 50, 40), "takes 4 finite"),
    "point of NaN": ([(NAN, 20)], [1], None, "takes 2 finite numbers"),
    "point at infinity": ([(INF, 20)], [1], None, "takes 2 finite numbers"),
    "far point": ([(5000, 5000)], [1], None, "outside the photo of 80 x 60"),
    "point just outside": ([(80.5, 20)], [1], None, "outside the photo"),
    "far background point": ([POINT, (5000, 5)], [1, 0], None, "outside the photo"),
    "negative point": ([(-1, 20)], [1], None, "finite numbers >= 0"),
    "two points with one label": ([POINT, (60, 40)], [1], None, LABEL),
    "one point with two labels": ([POINT], [1, 1], None, LABEL),
    "points without labels": ([POINT], None, None, LABEL),
    "labels without points": (None, [1], None, "0 points|without points|coordinates|points have"),
    "nothing": (None, None, None, NOTHING),
    "empty lists": ([], [], None, NOTHING),
    "only background": ([(5, 5)], [0], None, NOTHING),
    "unknown label": ([POINT], [7], None, LABEL),
    "label of a box corner": ([POINT], [2], None, "(?i)label|no pair"),
    "broken label": ([POINT], [1.5], None, LABEL),
    "label that is no number": ([POINT], ["1x"], None, LABEL),
    "label true": ([POINT], [True], None, LABEL),
    "two boxes": ([], [], (BOX, (1, 1, 9, 9)), "2 boxes given|no pair|is not X0,Y0,X1,Y1"),
    "three numbers for a point": ([(30, 20, 9)], [1], None, NO_POINT),
    "one number for a point": ([(30,)], [1], None, NO_POINT),
    "a point that is no list": ([30, 20], [1, 1], None, NO_POINT),
    "three numbers for a box": ([], [], (10, 10, 50), NO_BOX),
    "five numbers for a box": ([], [], (10, 10, 50, 40, 1), NO_BOX),
    "seven points": ([(5 * i, 20) for i in range(7)], [1] * 7, None, TOO_MANY),
    "five points and a box": ([(5 * i, 20) for i in range(5)], [1] * 5, BOX, TOO_MANY),
    "words for a point": ([("a", "b")], [1], None, NO_POINT),
    "numbers as text": ([("30", "20")], [1], None, NO_POINT),
    "box of text": ([], [], ("10", "10", "50", "40"), NO_BOX),
    "point of complex numbers": ([(30 + 0j, 20)], [1], None, NO_POINT),
    "point of truth values": ([(True, True)], [1], None, NO_POINT),
}


@cache
def mini():
    return load_segmenter("mini", device="cpu", precision="fp32")


@cache
def embedding(segmenter):
    return segmenter.embed(IMAGE)


@cache
def predictor() -> SamPredictor:
    made = SamPredictor(mini())
    made.set_image(IMAGE)
    return made


class MiniCatalogue(FakeCatalogue):
    """Only the mini, loaded once for all doors."""

    def entries(self):
        return [ModelEntry("mini", "ESAM-mini", 1_500_000, "free", bundled=True)]

    def load(self, name, precision=None, *, compiled=False):
        return mini()


@cache
def engine() -> Engine:
    made = Engine(MiniCatalogue(), model="mini")
    made.models.start()
    return made


@cache
def photo():
    return engine().open_photo(IMAGE)


@cache
def widget() -> PromptWidget:
    return PromptWidget(IMAGE, "mini", catalogue=MiniCatalogue())


def prompt_of(given) -> Prompt:
    return Prompt(given.points or (), given.labels or (), given.box)


def json_of(given) -> dict:
    """The prompt as it arrives: lists, and no key for what is not given."""
    keys = {"point_coords": given.points, "point_labels": given.labels, "box_xyxy": given.box}
    return json.loads(json.dumps({k: v for k, v in keys.items() if v is not None}))


def arrays(given) -> tuple:
    return tuple(
        None if value is None else np.array(value)
        for value in (given.points, given.labels, given.box)
    )


def best(scores, masks) -> np.ndarray:
    return np.asarray(masks[int(np.argmax(np.asarray(scores)))], bool)


def predict(given, segmenter):
    return segmenter.predict(embedding(segmenter), prompt_of(given)).data[0]


def predict_batch(given, segmenter):
    return segmenter.predict_batch(embedding(segmenter), [prompt_of(given)])[0].data[0]


def tokens(given) -> tuple[list, list | None]:
    corners = [] if given.box is None else np.reshape(given.box, (-1, 2)).tolist()
    if not corners:
        return [given.points or []], None if given.labels is None else [given.labels]
    return [corners + (given.points or [])], [[2, 3] * (len(corners) // 2) + given.labels]


def as_queries(given) -> tuple:
    coords, labels = tokens(given)
    coords = coords if coords[0] else np.zeros((1, 0, 2))
    return coords, labels if labels != [[]] and (labels or given.points) else np.zeros((1, 0))


def decode(given, segmenter):
    low = segmenter.decode(embedding(segmenter), *as_queries(given))
    return best(low.predicted_iou[0], segmenter.upscale(low.logits[0], (60, 80)) >= 0)


def decode_if(given, segmenter):
    low, kept = segmenter.decode_if(
        embedding(segmenter), *as_queries(given), lambda iou: torch.ones_like(iou, dtype=bool)
    )
    assert kept.tolist() == [0]
    return best(low.predicted_iou[0], segmenter.upscale(low.logits[0], (60, 80)) >= 0)


def sam_predict(given, _):
    masks, scores, _ = predictor().predict(*arrays(given))
    return best(scores, masks)


def sam_predict_lists(given, _):
    masks, scores, _ = predictor().predict(given.points, given.labels, given.box)
    return best(scores, masks)


def sam_predict_torch(given, _):
    coords, labels, box = (None if v is None else v[None] for v in arrays(given))
    if coords is not None and not coords.size:
        coords, labels = (None, None) if box is not None else (np.zeros((1, 0, 2)), labels)
    numeric = [v is None or v.dtype.kind in "iufbc" for v in (coords, labels, box)]
    if all(numeric):  # tensors hold nothing else
        coords, labels, box = (
            None if v is None else torch.from_numpy(v) for v in (coords, labels, box)
        )
    masks, scores, _ = predictor().predict_torch(coords, labels, box)
    return best(scores[0], masks[0])


def answered(reply: dict) -> dict:
    """Return a reply, or raise the refusal that it holds."""
    if "error" in reply:
        assert reply["code"] in ("InvalidPrompt", "TooManyPrompts"), reply
        raise InvalidPrompt(reply["error"])
    return reply


def page(given, _):
    payload = {"token": photo().token, "prompt": json_of(given)}
    return opaque(answered(handler.prompt(engine(), payload))["candidates"][0]["png"])


def service(given, _, tmp_path):
    Image.fromarray(IMAGE).save(tmp_path / "photo.png")
    payload = {"image": str(tmp_path / "photo.png"), "prompts": json_of(given)}
    return answered(service_handler.segment(engine(), payload))["mask"] > 0


def widget_from_python(given, _):
    widget().prompt = prompt_of(given)
    return widget().masks.data[0]


def widget_from_browser(given, _):
    widget().set_state({"_prompt": json_of(given)})
    return widget().masks.data[0]


def command_line(given, segmenter, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("esam_core.commands.points.load", lambda args: segmenter)
    Image.fromarray(IMAGE).save(tmp_path / "photo.png")
    argv = ["segment", tmp_path / "photo.png", "--out", tmp_path / "mask.png", "--model", "mini"]
    for point, label in zip(given.points or [], given.labels or [], strict=True):
        argv += ["--point", ",".join(map(str, (*point, label)))]
    if given.box is not None:
        argv += ["--box", ",".join(map(str, np.ravel(given.box).tolist()))]
    try:
        code = main([str(word) for word in argv])
    except SystemExit as stop:  # raised by argparse
        code = stop.code
    if code:
        assert code == 2
        raise InvalidPrompt(capsys.readouterr().err)
    return np.asarray(Image.open(tmp_path / "mask.png").convert("L")) > 0


def compare(given, segmenter):
    return compare_models(IMAGE, prompt_of(given), [segmenter]).masks[0].data[0]


MINI_DOORS = {
    "predict": predict,
    "predict_batch": predict_batch,
    "decode": decode,
    "decode_if": decode_if,
    "SamPredictor.predict": sam_predict,
    "SamPredictor.predict, lists": sam_predict_lists,
    "SamPredictor.predict_torch": sam_predict_torch,
    "page": page,
    "/segment": service,
    "widget from Python": widget_from_python,
    "widget from the browser": widget_from_browser,
    "command line": command_line,
    "compare_models": compare,
}
SAM_DOORS = {"SAM predict": predict, "SAM decode": decode}
DOORS = MINI_DOORS | SAM_DOORS

_TOKENS = "a token is two numbers; a box of another length has no form there"
_MERGED = "there points beyond six are merged, with a note"
_OWN_LABEL = "a point and its label are one argument, X,Y[,LABEL], and 1 is the default"
_JSON = "JSON has no such number"
CANNOT: dict[tuple[str, str], str] = {
    **{
        (row, door): _TOKENS
        for row in ("three numbers for a box", "five numbers for a box")
        for door in ("decode", "decode_if", "SAM decode")
    },
    **{
        (row, door): _MERGED
        for row in ("seven points", "five points and a box")
        for door in ("page", "/segment", "widget from the browser")
    },
    **{
        (row, "command line"): _OWN_LABEL
        for row in (
            "two points with one label",
            "one point with two labels",
            "points without labels",
            "labels without points",
        )
    },
    **{
        ("point of complex numbers", door): _JSON
        for door in ("page", "/segment", "widget from the browser")
    },
    **{
        (row, door): "the mini reads 24 tokens there"
        for row in ("seven points", "five points and a box")
        for door in ("decode", "decode_if", "SamPredictor.predict_torch")
    },
    **{
        (row, "command line"): "any number of clicks go step by step there"
        for row in ("seven points", "five points and a box")
    },
    ("two boxes", "SamPredictor.predict_torch"): "there boxes (b, 4) are b prompts",
    ("nothing", "widget from Python"): "an empty prompt clears the widget",
    ("empty lists", "widget from Python"): "an empty prompt clears the widget",
    ("nothing", "widget from the browser"): "the widget begins without a prompt",
    ("empty lists", "widget from the browser"): "the widget begins without a prompt",
    ("a point that is no list", "command line"): "30,20 is how a point is written there",
    ("three numbers for a point", "command line"): "the third number is the label there",
    ("one number for a point", "command line"): "with its label, it is X,Y there",
    ("numbers as text", "command line"): "all arguments are text there",
    ("box of text", "command line"): "all arguments are text there",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("row", ROWS)
def test_every_door_asks_the_same_question(row, door, tmp_path, capsys, monkeypatch):
    if (row, door) in CANNOT:
        pytest.skip(CANNOT[row, door])
    if door in SAM_DOORS:
        pytest.importorskip("transformers")
    segmenter = tiny_sam() if door in SAM_DOORS else mini()
    points, labels, box, expected = ROWS[row]
    given = SimpleNamespace(points=points, labels=labels, box=box)
    fixtures = {"tmp_path": tmp_path, "capsys": capsys, "monkeypatch": monkeypatch}
    asked = {name: fixtures[name] for name in signature(DOORS[door]).parameters if name in fixtures}
    if isinstance(expected, str):
        with pytest.raises(InvalidPrompt, match=expected):
            DOORS[door](given, segmenter, **asked)
        return
    mask = DOORS[door](given, segmenter, **asked)
    # These doors are SAM's, or below predict: they decode once and take no second look.
    look = False if door.startswith(("decode", "SamPredictor", "SAM")) else "auto"
    wanted = segmenter.predict(embedding(segmenter), expected, look_again=look).data[0]
    assert wanted.any() and not wanted.all()
    np.testing.assert_array_equal(mask, wanted)


def test_what_a_door_cannot_say_is_in_the_table():
    assert not [cell for cell in CANNOT if cell[0] not in ROWS or cell[1] not in DOORS]
