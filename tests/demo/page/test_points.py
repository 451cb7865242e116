"""The page in headless Chromium. Console errors and requests that leave the server fail a test."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from demo.engine import Engine
from demo.handlers.pictures import data_url
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue

pytestmark = pytest.mark.browser


def grey_url(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return data_url(file.getvalue(), "image/png")


def png(width=80, height=60, colour=(40, 90, 200)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("height", [720, 800])
def test_everything_fits_on_a_laptop_without_scrolling(open_page, fake_server, bear_file, height):
    driver = open_page(fake_server, height=height).choose(bear_file).click(290, 300)
    inside = driver.page.evaluate(
        """[document.documentElement.scrollHeight <= innerHeight,
            document.documentElement.scrollWidth <= innerWidth,
            ...['bar', 'stage', 'panel', 'strip', 'export', 'note'].map(name => {
              const s = '.es-' + name;
              const r = document.querySelector(s).getBoundingClientRect();
              return r.height > 0 && r.top >= 0
                && r.bottom <= innerHeight && r.right <= innerWidth })]"""
    )
    assert all(inside), inside
    stage = driver.page.locator(".es-stage").bounding_box()
    assert stage["width"] * stage["height"] > 0.5 * 1280 * height


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390, "height": 844, "dpr": 3, "touch": True}]
)
def test_a_click_gives_a_mask_in_pixels_of_the_photo(open_page, fake_server, bear_file, look):
    driver = open_page(fake_server, **look).choose(bear_file).click(290, 300)
    [(x, y)] = driver.state["prompt"]["point_coords"]
    slack = 1 if not look.get("touch") else 2
    assert abs(x - 290) <= slack
    assert abs(y - 300) <= slack
    mask = driver.mask
    assert driver.page.locator(".es-said").inner_text() == "Object 1: Candidate 1 / 3, score 0.90"
    assert mask.shape == (640, 586)
    assert mask[300, 290]
    assert not mask[0, 0]
    drawn = """([u, v]) => { const o = esamPage.canvas.overlay; return o.getContext('2d')
      .getImageData(Math.floor(u * o.width), Math.floor(v * o.height), 1, 1).data[3] }"""
    assert driver.page.evaluate(drawn, [290 / 586, 290 / 640]) > 60
    assert driver.page.evaluate(drawn, [0.02, 0.02]) == 0


def test_tools_stay_within_reach_of_the_thumb_on_a_phone(open_page, fake_server, bear_file):
    driver = open_page(fake_server, width=390, height=844, dpr=3, touch=True).choose(bear_file)
    driver.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    bar = driver.page.locator(".es-bar").bounding_box()
    assert bar["y"] > 700
    assert bar["y"] + bar["height"] <= 844
    for tool in driver.page.locator(".es-segment button").filter(visible=True).all():
        assert tool.bounding_box()["height"] >= 44
    assert driver.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_background_points_come_from_right_click_shift_and_tool(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    driver.click(300, 300, button="right")
    driver.page.keyboard.down("Shift")
    driver.click(310, 300)
    driver.page.keyboard.up("Shift")
    driver.press("2").click(320, 300)
    assert driver.state["prompt"]["point_labels"] == [1, 0, 0, 0]
    assert not driver.mask[300, 300]


def test_a_drag_in_any_direction_is_a_box(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).press("3").drag(400, 500, 100, 200)
    box = driver.state["prompt"]["box_xyxy"]
    assert np.abs(np.array(box) - [100, 200, 401, 501]).max() <= 1
    assert driver.mask.sum() == (box[2] - box[0]) * (box[3] - box[1])


def test_undo_redo_and_clear_by_keys(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(200, 300).click(400, 300)
    assert len(driver.press("Control+z").state["prompt"]["point_coords"]) == 1
    assert not driver.mask[300, 400]
    assert len(driver.press("Control+Shift+Z").state["prompt"]["point_coords"]) == 2
    assert driver.mask[300, 400]
    assert driver.press("Escape").state["prompt"]["point_coords"] == []
    assert driver.mask is None
    assert len(driver.press("Control+z").state["prompt"]["point_coords"]) == 2


def test_keys_choose_the_tool(open_page, fake_server):
    driver = open_page(fake_server)
    assert [driver.press(key).state["tool"] for key in "231"] == ["background", "box", "point"]


def test_the_stage_works_without_a_mouse(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.page.locator(".es-stage").focus()
    driver.press("ArrowRight").press("ArrowUp").press("Enter")
    assert driver.state["prompt"]["point_coords"] == [[299, 314]]


def test_many_quick_clicks_all_arrive(open_page, fake_server, fake_engine, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    model = fake_engine.models.segmenter()
    prompts = len(model.prompts)
    for x in (100, 180, 260, 340, 420, 500):
        driver.page.mouse.click(*driver.at(x, 300))
    driver.wait()
    assert len(driver.state["prompt"]["point_coords"]) == 6
    assert len(model.prompts[-1].point_coords) == 6
    # Each click is decoded once, and the first one a second time, when it is corrected.
    assert len(model.prompts) - prompts <= 7


def test_a_seventh_point_is_read_with_a_note(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    for x in (100, 180, 260, 340, 420, 500, 540):
        driver.click(x, 300)
    assert "the latest ones" in driver.page.locator(".es-status").inner_text()
    assert len(driver.state["prompt"]["point_coords"]) == 7


def test_a_candidate_is_picked_without_another_request(
    open_page, fake_server, fake_engine, bear_file
):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    prompts, small = len(fake_engine.models.segmenter().prompts), driver.mask.sum()
    scores = driver.page.locator(".es-candidate").all_inner_texts()
    assert scores == ["0.90", "0.70", "0.50"]
    driver.page.locator(".es-candidate").nth(2).click()
    assert driver.wait().mask.sum() > 3 * small
    assert len(fake_engine.models.segmenter().prompts) == prompts


def test_objects_are_kept_renamed_hidden_and_deleted(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(200, 300)
    driver.button("Add object").click()
    driver.click(400, 300)
    first, second = driver.state["objects"]
    assert first["mask"]
    assert second["mask"]
    assert first["colour"] != second["colour"]

    name = driver.page.get_by_label("Name of the object").first
    name.fill("<b>the bear</b>")
    name.press("Enter")
    assert driver.state["objects"][0]["name"] == "<b>the bear</b>"
    assert driver.page.locator(".es-objects b").count() == 0

    driver.button("Hide: <b>the bear</b>").click()
    assert [o["hidden"] for o in driver.state["objects"]] == [True, False]
    driver.button("Delete: Object 2").click()
    assert [o["name"] for o in driver.state["objects"]] == ["<b>the bear</b>"]
    driver.press("Control+z")
    assert len(driver.state["objects"]) == 2


def test_mask_and_cut_out_download_in_the_size_of_the_photo(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    shown = driver.mask
    mask = np.asarray(driver.download("Mask").convert("L")) > 127
    assert driver.downloaded == "000000000285-mask.png"
    assert (mask == shown).all()
    cutout = np.asarray(driver.download("Cut-out"))
    assert cutout.shape[2] == 4
    assert (cutout[..., 3] > 0).sum() == shown.sum()


def test_masks_of_a_large_photo_are_in_its_own_pixels(open_page, fake_server):
    driver = open_page(fake_server)
    driver._opened(lambda: driver.send(content=png(3000, 2000)))
    driver.click(2500, 1500)
    assert driver.state["size"] == [3000, 2000]
    [(x, y)] = driver.state["prompt"]["point_coords"]
    assert abs(x - 2500) <= 4
    assert abs(y - 1500) <= 4
    assert driver.download("Mask").size == (3000, 2000)


@pytest.mark.parametrize("content", [b"no picture", b"<svg xmlns='x'/>"], ids=["text", "svg"])
def test_a_bad_file_gives_a_sentence_and_loses_nothing(open_page, fake_server, bear_file, content):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    before = driver.state["prompt"]
    driver.send(content=content)
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    message = driver.page.locator(".es-status").inner_text()
    assert "picture" in message or "SVG" in message
    assert driver.state["prompt"] == before
    assert driver.click(300, 320).mask is not None


FILE = """([name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/png'}));
  return files }"""


@pytest.mark.parametrize(
    "arrive",
    [
        "files => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: files}))",
        """files => { const stage = document.querySelector('.es-stage');
          for (const name of ['dragover', 'drop'])
            stage.dispatchEvent(new DragEvent(name, {dataTransfer: files, bubbles: true})) }""",
    ],
    ids=["paste", "drop"],
)
def test_a_photo_is_pasted_or_dropped(open_page, fake_server, arrive):
    driver = open_page(fake_server)
    files = driver.page.evaluate_handle(FILE, ["shot.png", list(png(90, 70))])
    driver._opened(lambda: files.evaluate(arrive))
    assert driver.state["size"] == [90, 70]
    assert driver.click(45, 35).mask[35, 45]
    assert not driver.page.locator(".es-dropping").count()


def test_a_photo_is_taken_with_the_camera_or_an_error_is_shown(open_page, fake_server):
    driver = open_page(fake_server)
    camera = driver.page.locator(".es-tile-camera")
    camera.click()
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    assert "camera" in driver.state["message"]["text"]
    driver.context.grant_permissions(["camera"])
    camera.click()
    driver.page.get_by_role("button", name="Take photo").click()
    driver.page.locator(".es-dialog").wait_for(state="detached")
    driver.page.wait_for_function("esamPage.canvas.photo")
    driver.wait()
    assert driver.state["size"][0] > 100
    assert driver.click(20, 20).state["objects"][0]["mask"]


def test_a_full_queue_is_reported_and_the_next_try_works(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(200, 300)
    refusal = {"status": 503, "json": {"detail": "Queue is full. Max size is 64."}}
    driver.context.route("**/queue/join*", lambda route: route.fulfill(**refusal))
    driver.expect_console("503")
    driver.click(400, 300)
    assert "Many visitors" in driver.page.locator(".es-status").inner_text()
    assert driver.mask[300, 200]
    driver.context.unroute("**/queue/join*")
    driver.press("Control+z").press("Control+Shift+Z")
    assert driver.mask[300, 400]


def test_a_lost_connection_is_reported_and_nothing_is_lost(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(200, 300)
    for error in ("ERR_FAILED", "Failed to fetch", "onnection"):
        driver.expect_console(error)
    driver.context.route("**/gradio_api/**", lambda route: route.abort())
    driver.click(400, 300)
    assert "did not answer" in driver.page.locator(".es-status").inner_text()
    assert len(driver.state["prompt"]["point_coords"]) == 2
    assert driver.mask[300, 200]


def test_a_refused_photo_is_reported_at_once(open_page, fake_server, bear_file):
    driver = open_page(fake_server)
    refusal = {"status": 503, "json": {"detail": "Queue is full. Max size is 64."}}
    driver.context.route("**/queue/join*", lambda route: route.fulfill(**refusal))
    driver.expect_console("503")
    driver.send(content=png())
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    assert "Many visitors" in driver.page.locator(".es-status").inner_text()


def test_a_forgotten_photo_comes_back_with_every_click(
    open_page, fake_server, fake_engine, bear_file
):
    driver = open_page(fake_server).choose(bear_file).click(200, 300)
    fake_engine.photos.clear()
    driver.click(400, 300)
    assert len(driver.state["prompt"]["point_coords"]) == 2
    assert driver.mask[300, 200]
    assert driver.mask[300, 400]


def test_two_visitors_do_not_see_each_other(open_page, fake_server, bear_file, dog_file):
    one, two = open_page(fake_server).choose(bear_file), open_page(fake_server).choose(dog_file)
    one.click(290, 300)
    two.click(100, 100)
    one.click(300, 310)
    assert one.mask.shape == (640, 586)
    assert two.mask.shape == (640, 426)
    assert len(one.state["prompt"]["point_coords"]) == 2
    assert len(two.state["prompt"]["point_coords"]) == 1


def test_another_model_can_be_chosen_and_its_limits_are_shown(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.page.locator(".es-chip").click()
    driver.page.locator(".es-model", has_text="Plain").click()
    driver.wait().click(290, 300).click(300, 300, button="right")
    assert "Plain" in driver.page.locator(".es-chip").inner_text()
    assert "does not read background points" in driver.page.locator(".es-status").inner_text()
    before = driver.mask.sum()
    assert not driver.mask[300, 300]
    driver.page.locator(".es-tool-subtract").click()
    assert driver.wait().mask.sum() < before


def test_the_page_shows_the_current_model_and_how_to_get_another(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    chip = driver.page.locator(".es-chip").inner_text()
    assert all(part in chip for part in ("Fake", "cpu", "fp32", "photo", "click", "ms"))
    assert "small bundled model is answering" in driver.page.locator(".es-note").inner_text()
    driver.page.locator(".es-chip").click()
    assert "weights download absent" in driver.page.locator(".es-menu").inner_text()


def test_layers_of_other_modes_show_hover_and_are_kept_as_objects(
    open_page, fake_server, bear_file
):
    driver = open_page(fake_server).choose(bear_file)
    labels = np.zeros((64, 58, 3), np.uint8)
    labels[10:30, 10:30, 0] = 1
    labels[40:60, 30:50, 1] = 1  # id 256
    file = io.BytesIO()
    Image.fromarray(labels).save(file, "PNG")
    driver.page.evaluate(
        """async bytes => { const c = esamPage.canvas;
          const png = URL.createObjectURL(new Blob([new Uint8Array(bytes)], {type: 'image/png'}));
          c.setMode({name: 'everything', prompts: false});
          const rows = [[1, .1, .9, .9], [256, .1, .9, .9]];
          await c.setLayers({all: {kind: 'labels', token: c.photo.token, png, rows},
                             other: {kind: 'labels', token: 'another photo', png}}) }""",
        list(file.getvalue()),
    )
    driver.page.mouse.move(*driver.at(200, 200))
    assert driver.page.evaluate("esamPage.canvas.hover") == 1
    driver.click(200, 200)
    driver.page.keyboard.down("Shift")
    driver.click(400, 500)
    driver.page.keyboard.up("Shift")
    assert driver.page.evaluate("[...esamPage.canvas.picked]") == [1, 256]
    assert driver.page.evaluate("Object.keys(esamPage.canvas.layers)") == ["all"]
    driver.button("Keep selected").click()
    assert [o["mask"] for o in driver.wait().state["objects"]] == [True, True]
    assert np.asarray(driver.download("Mask").convert("L"))[500, 400] > 0


WARM = """
import gradio as gr
import numpy as np

from demo.handlers.errors import answering
from demo.handlers.pictures import heat_url
from demo.handlers.views import view
from demo.tabs import Mode
from demo.tabs.shared import MODEL_QUEUE, QUIET, message_line, message_of


@answering
def find(engine, payload):
    photo_view = view(engine, payload)
    heat = np.zeros(photo_view.image_hw)
    heat[200:400, 200:400] = 1
    layer = {"kind": "heat", "token": photo_view.photo.token, "mode": "warm", "png": heat_url(heat)}
    return {"layers": {"warmth": layer}, "message": "It is warm."}


def build(engine, canvas):
    def listen(payload):
        reply = find(engine, payload)
        return message_of(reply), gr.update(layers=reply.get("layers", {}))

    with gr.Row(elem_classes="es-run"):
        run = gr.Button("Warm up", variant="primary")
    line = message_line("warm")
    run.click(listen, canvas, [line, canvas], api_name="warm", **QUIET, **MODEL_QUEUE)


MODE = Mode("warm", "Warm", 25, build)
"""


def test_a_mode_is_added_by_adding_files(open_page, bear_file, tmp_path, monkeypatch):
    from demo import tabs

    (tmp_path / "warm.py").write_text(WARM, encoding="utf-8")
    monkeypatch.setattr(tabs, "__path__", [*tabs.__path__, str(tmp_path)])
    page, url = serve(Engine(FakeCatalogue()))
    try:
        driver = open_page(url).choose(bear_file).click(290, 300)
        titles = driver.page.get_by_role("tab").all_inner_texts()
        assert titles == ["Points", "Everything", "Salient", "Warm", "Text", "Compare"]
        panel = driver.page.get_by_role("radiogroup", name="Candidates")
        assert panel.is_visible()
        assert not driver.button("Warm up").is_visible()
        driver.page.get_by_role("tab", name="Warm").click()
        driver.button("Warm up").click()
        driver.page.locator("#es-warm-message", has_text="It is warm.").wait_for()
        driver.page.wait_for_function("esamPage.canvas.layers.warmth")
        assert not panel.is_visible()
        assert driver.page.evaluate("esamPage.canvas.visibleLayers('heat').length") == 1
        driver.page.get_by_role("tab", name="Points").click()
        assert driver.wait().mask[300, 290]
        assert driver.page.evaluate("esamPage.canvas.visibleLayers('heat').length") == 0
    finally:
        page.close()
        sys.modules.pop("demo.tabs.warm", None)


def test_the_bundled_model_finds_the_bear(open_page, mini_server, bear_file, bear):
    driver = open_page(mini_server).choose(bear_file).click(300, 350)
    _, truth = bear
    iou = (driver.mask & truth).sum() / (driver.mask | truth).sum()
    assert iou > 0.8
    cutout = np.asarray(driver.download("Cut-out"))
    assert cutout.shape[2] == 4
