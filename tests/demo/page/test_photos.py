"""Opening photos on the page: their names, and what reading them changed."""

import io

import numpy as np
import pytest
from PIL import Image

from esam_core.export import export_mask_png

pytestmark = pytest.mark.browser

NAME = "Höhe (2) – 森 👩‍🔬 'x'.png"


def heights() -> bytes:
    """A PNG of 16-bit grey that holds heights of 300 to 1300 m."""
    file = io.BytesIO()
    Image.fromarray(np.linspace(300, 1300, 80 * 60).astype(np.uint16).reshape(60, 80)).save(
        file, "PNG"
    )
    return file.getvalue()


@pytest.mark.parametrize("look", [{}, {"width": 390, "height": 844, "dpr": 3, "touch": True}])
def test_the_range_of_a_deep_photo_is_said_beside_it(open_page, fake_server, look):
    driver = open_page(fake_server, **look)
    driver._opened(lambda: driver.send(content=heights()))
    assert "16-bit values 300 to 1300" in driver.state["message"]["text"]
    assert driver.state["message"]["tone"] == "note"
    status = driver.page.locator(".es-status")
    assert status.is_visible()
    box, stage = status.bounding_box(), driver.page.locator(".es-stage").bounding_box()
    assert box["x"] >= stage["x"]
    assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
    assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1


def test_an_error_calls_the_file_by_its_name(open_page, fake_server):
    driver = open_page(fake_server)
    driver.send(name=NAME, content=b"%PDF-1.7 ...")
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    message = driver.state["message"]["text"]
    assert NAME in message
    assert "PDF" in message


def test_the_engine_knows_the_name_of_an_upload(open_page, fake_server, fake_engine):
    driver = open_page(fake_server)
    driver._opened(lambda: driver.send(name=NAME, content=heights()))
    token = driver.page.evaluate("esamPage.canvas.photo.token")
    assert fake_engine.photo(token).name == NAME
    fake_engine.close_photo(token)
    driver.click(40, 30)  # the page sends the photo again
    token = driver.page.evaluate("esamPage.canvas.photo.token")
    assert fake_engine.photo(token).name == NAME
    assert driver.mask is not None


DROP = """([name, content]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(content)], name, {type: 'image/png'}));
  document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: files, bubbles: true}));
}"""


def test_a_mask_dropped_onto_its_photo_is_an_object_that_undo_takes_away(open_page, fake_server):
    driver = open_page(fake_server)
    driver._opened(lambda: driver.send(content=heights()))
    mask = np.zeros((60, 80), bool)
    mask[10:40, 20:60] = True
    page = driver.page
    page.evaluate(DROP, ["mask.png", list(export_mask_png(mask))])
    page.wait_for_function("esamPage.canvas.active.mask")
    assert "Clicks correct it" in driver.state["message"]["text"]
    assert page.evaluate("esamPage.canvas.doc.objects.length") == 1
    page.evaluate("esamPage.canvas.history.undo()")
    assert page.evaluate("esamPage.canvas.active.mask") is None
    page.evaluate(DROP, ["square.png", list(export_mask_png(np.ones((60, 60), bool)))])
    page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    assert "belongs to another photo" in driver.state["message"]["text"]
    assert page.evaluate("esamPage.canvas.photo.width") == 80  # nothing is lost
    token = page.evaluate("esamPage.canvas.photo.token")
    page.evaluate(DROP, ["heights.png", list(heights()[:])])
    page.wait_for_function("token => esamPage.canvas.photo.token !== token", arg=token)
