"""The Python side of the widget: prompts in, masks out, and a small saved state."""

import base64
import io
import json
import threading
import time

import numpy as np
import pytest
from PIL import Image

from demo.handlers import points
from demo.notebook.playground import Playground
from demo.notebook.widget import PromptWidget
from esam_core.errors import Cancelled, EsamError, InvalidImage, InvalidPrompt
from esam_core.prompts import Prompt
from esam_core.text import trace_proposals
from tests.support.fakes import FakeCatalogue

PHOTO = np.random.default_rng(0).integers(0, 256, (120, 200, 3)).astype(np.uint8)


@pytest.fixture
def widget():
    made = PromptWidget(PHOTO, catalogue=FakeCatalogue())
    made.sent = []
    made.send = made.sent.append
    return made


def ask(widget, kind, payload=None):
    widget._on_message(widget, {"id": "v-1", "kind": kind, "payload": payload or {}}, [])
    assert widget.sent[-1]["id"] == "v-1"
    return widget.sent[-1]["reply"]


def test_click_from_the_browser_is_answered_and_read_in_python(widget):
    prompt = Prompt.point(60, 50).to_json()
    reply = ask(widget, "prompt", {"prompt": prompt, "rev": 3})
    assert len(reply["candidates"]) == 3 and reply["rev"] == 3
    widget._prompt = prompt  # what the browser sets
    assert widget.prompt == Prompt.point(60, 50)
    assert widget.masks.data[0, 50, 60] and len(widget.masks) == 3


def test_without_a_prompt_there_are_no_masks(widget):
    assert widget.prompt.is_empty and len(widget.masks) == 0


def test_prompt_set_in_python_reaches_the_browser(widget):
    widget.prompt = Prompt.box(10, 20, 60, 70)
    assert widget._prompt["box_xyxy"] == [10, 20, 60, 70]
    assert widget.masks.boxes_xyxy[0].tolist() == [10, 20, 60, 70]


def test_a_box_set_in_python_is_ordered_and_clipped(widget):
    widget.prompt = Prompt.box(250, 70, -10, 20)
    assert widget._prompt["box_xyxy"] == [0, 20, 200, 70]
    widget.prompt = Prompt()
    assert widget.prompt.is_empty


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Prompt.point(201, 5), "outside the photo of 200 x 120"),
        (Prompt.box(200, 0, 300, 50), "beside the photo"),
        (Prompt.point(5, 5, 0), "points at nothing"),
        ({"box_xyxy": [0, 0, 5, 5]}, "is not a Prompt"),
        (None, "None is not a Prompt"),
    ],
)
def test_a_wrong_prompt_is_refused_when_it_is_set(widget, wrong, message):
    widget.prompt = Prompt.point(60, 50)
    with pytest.raises(InvalidPrompt, match=message):
        widget.prompt = wrong
    assert widget.prompt == Prompt.point(60, 50)


@pytest.mark.parametrize(
    "prompt",
    [
        {"point_coords": [[9999, 0]], "point_labels": [1], "box_xyxy": None},
        {"point_coords": [[5, 5]]},
        {"box": [0, 0, 5, 5]},
        {"point_coords": 3},
    ],
)
def test_a_wrong_prompt_of_the_browser_is_told_and_breaks_nothing(widget, prompt):
    assert ask(widget, "prompt", {"prompt": prompt})["code"] == "InvalidPrompt"
    widget.set_state({"_prompt": prompt})
    with pytest.raises(InvalidPrompt):
        _ = widget.prompt
    with pytest.raises(InvalidPrompt):
        _ = widget.masks
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["image/jpeg"].startswith("/9j/")


def test_masks_are_computed_once_per_prompt(widget):
    widget.prompt = Prompt.point(60, 50)
    first = widget.masks
    assert widget.masks is first
    widget.prompt = Prompt.point(61, 50)
    assert widget.masks is not first


def test_all_objects_are_read_in_python_with_the_candidate_that_was_chosen(widget):
    door_prompt = Prompt.point(150, 60).to_json()
    door_steps = [{"point": [150, 60], "label": 1, "mode": "correct"}]
    widget._objects = [  # what the browser sets
        {"name": "wall", "prompt": Prompt.point(60, 50).to_json(), "steps": [], "choice": 2},
        {"name": "Object 2", "prompt": Prompt().to_json(), "steps": [], "choice": 0},
        {"name": "door", "prompt": door_prompt, "steps": door_steps, "choice": 0},
    ]
    wall, door = widget.objects
    assert (wall.name, door.name) == ("wall", "door")
    assert wall.mask.sum() > door.mask.sum() and door.mask[60, 150]
    assert wall.predicted_iou < door.predicted_iou


def test_a_prompt_set_in_python_is_the_selected_object_at_once(widget):
    widget.prompt = Prompt.point(60, 50)
    [only] = widget.objects
    assert only.name == "Object 1" and (only.mask == widget.masks.data[0]).all()
    empty = {"prompt": Prompt().to_json(), "steps": [], "choice": 0}
    widget._objects = [  # what the browser sets
        {**empty, "name": "wall", "prompt": Prompt.point(60, 50).to_json()},
        {**empty, "name": "door"},
    ]
    widget._active, widget.choice = 1, 2
    widget.prompt = Prompt.point(150, 60)
    wall, door = widget.objects
    assert wall.name == "wall" and (wall.mask == only.mask).all()
    assert door.name == "door" and door.mask[60, 150] and widget.choice == 0


def test_an_object_keeps_its_model_and_whether_it_is_cut(widget, monkeypatch):
    requests, search = [], points.search
    monkeypatch.setattr(points, "search", lambda *a: requests.append(a[2]) or search(*a))
    prompt = Prompt.point(60, 50).to_json()
    made = {"name": "wall", "prompt": prompt, "steps": [], "choice": 0}
    widget._prompt = prompt
    widget._objects = [made | {"model": "plain", "subtract": True}, made | {"model": None}]
    assert len(widget.objects) == 2 and len(widget.masks) == 3
    assert [request.model for request in requests] == ["plain", "fake", "fake"]
    assert [request.subtract for request in requests] == [True, False, True]


def test_the_chosen_candidate_is_drawn(widget):
    widget.prompt = Prompt.point(60, 50)
    first = widget.picture()
    widget.choice = 2
    assert (widget.picture() != first).any()


def test_a_photo_of_the_browser_is_opened_and_a_wrong_one_changes_nothing(widget, dog_file):
    def send(data, start=0, last=True):
        payload = {"name": "dog.jpg", "start": start, "last": last}
        content = {"id": "v-1", "kind": "open", "payload": payload}
        widget._on_message(widget, content, [memoryview(data)])
        return widget.sent[-1]["reply"]

    widget.prompt, token = Prompt.point(60, 50), widget._photo
    assert "error" in send(b"no photo")
    assert widget._photo == token and not widget.prompt.is_empty
    data = dog_file.read_bytes()
    assert send(data[:9000], last=False) == {} and "error" in send(data[9001:], 9001)
    assert widget._photo == token and not widget.prompt.is_empty
    assert send(data[:9000], last=False) == {}
    assert "error" not in send(data[9000:], 9000)
    assert widget.image.shape == (640, 426, 3) and widget._photo != token
    assert widget.prompt.is_empty and widget.objects == []


def test_photo_is_sent_on_request_and_never_saved(widget):
    widget.prompt = Prompt.point(60, 50)
    _ = widget.masks
    reply = ask(widget, "photo")
    assert (reply["width"], reply["height"]) == (200, 120)
    state = widget.get_state()
    code = {"_esm", "_css", "_texts"}
    small = {name: value for name, value in state.items() if name not in code}
    assert len(json.dumps(small, default=str)) < 2_000
    assert "data:image" not in json.dumps(state, default=str).replace(state["_esm"], "")


def test_model_can_be_changed(widget):
    widget.model = "plain"
    assert ask(widget, "model_info")["model_info"]["understands_background"] is False
    assert widget.segmenter.name == "plain"
    assert widget.models == ["fake", "plain"]


def test_wrong_message_gets_an_error_reply(widget):
    assert "error" in ask(widget, "prompt", {"prompt": {"point_coords": [[9999, 0]]}})
    widget._on_message(widget, "nonsense", [])


def test_unknown_model_and_what_is_no_photo_are_refused():
    with pytest.raises(EsamError, match="nothing"):
        PromptWidget(PHOTO, "nothing", catalogue=FakeCatalogue())
    with pytest.raises(InvalidImage):
        PromptWidget(np.zeros((3,)), catalogue=FakeCatalogue())


def test_new_photo_forgets_the_prompt(widget):
    widget.prompt = Prompt.point(60, 50)
    widget.image = PHOTO[:50]
    assert widget.prompt.is_empty and widget.image.shape == (50, 200, 3)


def test_masks_to_pick_from_are_sent_as_a_label_map(widget):
    widget.prompt = Prompt.point(60, 50)
    widget.show(widget.masks)
    layer = widget.sent[-1]["layers"]["masks"]
    assert layer["token"] == widget._photo and widget.mode == "pick"
    picture = Image.open(io.BytesIO(base64.b64decode(layer["png"].split(",")[1])))
    assert set(np.unique(np.asarray(picture)[..., 0])) == {0, 1, 2, 3}


def test_picture_stands_in_where_there_is_no_browser(widget):
    widget.prompt = Prompt.point(60, 50)
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/jpeg"].startswith("/9j/")
    assert (widget.picture() != PHOTO).any()


def test_playground_follows_its_controls(monkeypatch):
    made = Playground(PHOTO, catalogue=FakeCatalogue())
    assert made.canvas.mode == "points" and made.settings.children == ()
    made.canvas.prompt = Prompt.point(60, 50)
    assert len(made.masks) == 3 and made.segment() is made.masks
    made.model.value = "plain"
    assert made.canvas.model == "plain" and "Plain" in made.note.value
    made.mode.value = "everything"
    assert made.canvas.mode == "pick" and made.work in made.settings.children
    requests, masks = [], made.canvas.masks

    def found(engine, payload, grid, filters, *, points_per_side, max_side, progress, cancel):
        requests.append(filters | {"points_per_side": points_per_side, "max_side": max_side})
        progress(1, 1)
        assert not cancel()
        return {"found": masks, "message": "These."}

    monkeypatch.setattr("demo.handlers.everything.find", found)
    made.predicted_iou.value = 0.6
    made.segment()
    assert requests[0]["predicted_iou"] == 0.6
    assert requests[0]["points_per_side"] == made.grid.value and requests[0]["max_side"] is None
    assert "3 masks. These." in made.note.value and made.count.value == "1 of 1"
    assert "3 masks" in repr(made.figure())
    assert made._repr_mimebundle_()["image/jpeg"].startswith("/9j/")


def test_playground_can_be_cancelled_while_it_works(monkeypatch):
    made = Playground(PHOTO, catalogue=FakeCatalogue())
    made.mode.value = "everything"
    started = threading.Event()

    def endless(segmenter, embedding, settings, *, progress, cancel, partial):
        progress(5, 256)
        started.set()
        while not cancel():
            time.sleep(0.01)
        raise Cancelled("stopped after 5 of 256 points, as asked.")

    monkeypatch.setattr("esam_core.everything.decode_grid", endless)
    made.run.click()
    assert started.wait(10) and made.count.value == "5 of 256"
    made.stop.click()
    deadline = time.monotonic() + 10
    while made.run.disabled and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not made.run.disabled and made.note.value.startswith("Cancelled.")
    assert len(made.masks) == 0


def test_another_photo_leaves_no_masks_of_the_one_before(bear_file):
    made = Playground(PHOTO, catalogue=FakeCatalogue())
    made.canvas.prompt = Prompt.point(60, 50)
    made.mode.value = "everything"
    made._show({"found": made.canvas.masks, "message": "These."})
    assert len(made.masks) == 3 and "These." in made.note.value
    made.canvas.image = bear_file
    assert len(made.masks) == 0 and "These." not in made.note.value
    assert "0 masks" in repr(made.figure())


def test_what_is_found_in_the_photo_before_is_not_shown_on_another(monkeypatch):
    made = Playground(PHOTO, catalogue=FakeCatalogue())
    made.canvas.prompt = Prompt.point(60, 50)
    made.mode.value = "everything"
    masks = made.canvas.masks

    def found(*_, cancel, **__):
        made.canvas.image = PHOTO[:50]
        assert cancel()
        return {"found": masks, "message": "These."}

    monkeypatch.setattr("demo.handlers.everything.find", found)
    assert len(made.segment()) == 0
    assert "These." not in made.note.value and not made.run.disabled


def test_enter_in_the_text_field_searches(monkeypatch, bear_file):
    made = Playground(bear_file, "mini", text="bear")
    started = threading.Event()
    monkeypatch.setattr(made, "segment", started.set)
    pressed = {"data": {"method": "custom", "content": {"event": "submit"}}}
    made.text._handle_msg({"content": pressed, "buffers": []})
    assert started.wait(10)


def test_playground_answers_texts_from_one_search(monkeypatch, bear_file):
    made = Playground(bear_file, "mini", text="bear, banana")
    made.mode.value = "text"
    searches = []
    monkeypatch.setattr(
        "demo.handlers.text_search.trace_proposals",
        lambda *a, **o: searches.append(1) or trace_proposals(*a, **o),
    )
    assert len(made.segment()) == 1
    assert "1 masks. bear: 0." in made.note.value
    assert "Nothing found for “banana”" in made.note.value
    made.text.value = "banana"
    assert len(made.segment()) == 0 and len(searches) == 1
    made.text.value = "bananna"
    made.segment()
    assert "banana" in made.note.value and "vocabulary" in made.note.value
