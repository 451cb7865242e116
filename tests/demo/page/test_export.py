"""The menu of Export: keys, room on the screen, the clipboard, and an archive of all objects."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from demo.texts.page import EXPORTS, PAGE
from esam_core.export import load_coco, load_mask_png

pytestmark = pytest.mark.browser
LABELS = [label for _, kinds in EXPORTS for _, label, _ in kinds]
FOCUS = "document.activeElement.ariaLabel || document.activeElement.textContent"


@pytest.fixture
def clicked(open_page, fake_server, bear_file):
    """clicked(**look): the page with one mask."""
    return lambda **look: open_page(fake_server, **look).choose(bear_file).click(290, 300)


def test_the_menu_is_reached_by_keys_and_gives_the_focus_back(clicked):
    driver = clicked()
    prompt, page = driver.state["prompt"], driver.page
    button, menu = driver.button("Export"), page.get_by_role("menu", name=PAGE["export_help"])
    assert button.get_attribute("aria-haspopup") == "menu"
    assert (button.get_attribute("aria-expanded"), menu.is_visible()) == ("false", False)
    button.focus()
    page.keyboard.press("Enter")
    assert (button.get_attribute("aria-expanded"), menu.is_visible()) == ("true", True)
    assert menu.get_by_role("menuitem").count() == len(LABELS)
    described = menu.get_by_role("menuitem", name="YOLO", exact=True)
    about = page.locator(f"#{described.get_attribute('aria-describedby')}")
    assert about.is_visible() and "One polygon per object" in about.text_content()
    found = [page.evaluate(FOCUS)]
    for key in ("ArrowDown", "End", "ArrowDown", "ArrowUp", "Home", "y", "l", "l"):
        page.keyboard.press(key)
        found.append(page.evaluate(FOCUS))
    first, second, last = LABELS[0], LABELS[1], LABELS[-1]
    assert found == [first, second, last, first, last, first, "YOLO", "labelme", "Label Studio"]
    page.keyboard.press("Escape")
    assert (page.evaluate(FOCUS), menu.is_visible()) == ("Export", False)
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUS) == last
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) != last and not menu.is_visible()
    button.click()
    page.locator(".es-brand").click()
    assert not menu.is_visible()
    assert button.get_attribute("aria-expanded") == "false"
    assert driver.state["prompt"] == prompt  # no key reached the photo


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"height": 420},
        {"width": 390, "height": 844, "dpr": 2, "touch": True},
        {"width": 844, "height": 390, "dpr": 2, "touch": True, "dark": True},
    ],
    ids=["laptop", "low window", "phone", "phone on its side"],
)
def test_the_menu_lies_inside_the_window_and_every_item_can_be_reached(clicked, look):
    driver = clicked(**look)
    driver.button("Export").click()
    inside = """node => { const r = node.getBoundingClientRect();
        return r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth }"""
    assert driver.page.locator(".es-choices").evaluate(inside)
    top = """node => { const r = node.getBoundingClientRect();
        return node.contains(document.elementFromPoint(r.left + r.width / 2, r.top + 10)) }"""
    for label in (LABELS[0], LABELS[-1]):
        item = driver.page.get_by_role("menuitem", name=label, exact=True)
        item.scroll_into_view_if_needed()
        assert item.evaluate(inside) and item.evaluate(top)


def test_the_cut_out_goes_to_the_clipboard_or_a_sentence_says_why_not(clicked):
    driver = clicked()
    driver.context.grant_permissions(["clipboard-read", "clipboard-write"])
    driver.export("Copy cut-out")
    driver.page.wait_for_function("esamPage.canvas.message.text.includes('clipboard')")
    assert driver.state["message"] == {"text": PAGE["copied"], "tone": "note"}
    size = driver.page.evaluate(
        """navigator.clipboard.read().then(([item]) => item.getType('image/png'))
            .then(createImageBitmap).then(({ width, height }) => [width, height])"""
    )
    rows, columns = (np.flatnonzero(driver.mask.any(axis)) for axis in (1, 0))
    assert size == [columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
    driver.page.evaluate("void (navigator.clipboard.write = () => Promise.reject(new Error('no')))")
    driver.export("Copy cut-out")
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    assert driver.state["message"]["text"] == PAGE["copy_refused"]
    driver.page.evaluate("void Object.defineProperty(window, 'isSecureContext', { value: false })")
    driver.export("Copy cut-out")
    assert driver.state["message"] == {"text": PAGE["copy_impossible"], "tone": "error"}


def test_the_archive_holds_all_visible_objects_whichever_is_selected(clicked, tmp_path):
    driver = clicked()
    driver.button("Add object").click()
    driver.click(100, 500)
    driver.button("Add object").click()
    driver.click(400, 100)
    driver.button("Hide: Object 2").click()
    with driver.page.expect_download() as waiting:
        driver.export("All as ZIP")
    assert waiting.value.suggested_filename == "000000000285-everything.zip"
    waiting.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = [f"{folder}/0{i}-object.png" for i in (1, 2) for folder in ("cutouts", "masks")]
        assert archive.namelist() == [*names, "coco.json"]
        masks = [load_mask_png(archive.read(f"masks/0{i}-object.png")) for i in (1, 2)]
        assert masks[0][300, 290] and masks[1][100, 400]
        assert (load_coco(archive.read("coco.json").decode()).data == masks).all()
        with Image.open(io.BytesIO(archive.read(names[0]))) as cutout:
            assert cutout.mode == "RGBA"
