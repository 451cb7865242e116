"""The widget in a real JupyterLab, in headless Chromium."""

import json

import nbformat
import pytest

from tests.support.jupyterlab import jupyter_lab

pytestmark = pytest.mark.browser

CELLS = (
    "import numpy as np\n"
    "from demo.notebook.widget import PromptWidget\n"
    "from tests.support.fakes import FakeCatalogue\n"
    "photo = np.full((300, 400, 3), 120, np.uint8)\n"
    "widget = PromptWidget(photo, catalogue=FakeCatalogue(), height=420)\n"
    "widget",
    "import json\n"
    "print('READ', json.dumps(widget.prompt.to_json()), len(widget.masks),\n"
    "      int(widget.masks.area[0]) if len(widget.masks) else 0)",
    "print('OBJECTS', [o.name for o in widget.objects], widget.choice, widget.image.shape)",
)
AGAIN = (
    "widget",
    "print('STEPS', widget._active, [len(o['steps']) for o in widget._objects])",
)


@pytest.fixture
def lab(browser, tmp_path):
    folder, home = tmp_path / "notebooks", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS + AGAIN]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    path = folder / "widget.ipynb"
    nbformat.write(notebook, path)
    with jupyter_lab(folder, home) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1000})
        context.set_default_timeout(90_000)
        yield context.new_page(), address, path
        context.close()


def click(page, x, y, **options):
    """Click a pixel of the 400 x 300 photo."""
    box = page.locator(".es-marks").first.bounding_box()
    page.mouse.click(
        box["x"] + (x + 0.5) * box["width"] / 400,
        box["y"] + (y + 0.5) * box["height"] / 300,
        **options,
    )


def run_cell(page, number):
    page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


def read(page, wanted):
    """Run the second cell until ``wanted`` accepts the printed prompt; return the output."""
    output = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    for _ in range(20):
        run_cell(page, 1)
        page.wait_for_timeout(700)
        text = output.first.inner_text() if output.count() else ""
        if text.startswith("READ") and wanted(json.loads(text[5 : text.rindex("}") + 1])):
            return text
    raise AssertionError(f"the kernel never saw it: {text}")


def test_clicks_objects_photos_keys_and_saving_in_jupyterlab(lab, dog_file):
    page, address, path = lab
    page.goto(address.replace("/lab?", f"/lab/tree/{path.name}?"))
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).wait_for()
    page.wait_for_selector(".jp-NotebookPanel-toolbar, .jp-Toolbar")
    page.wait_for_timeout(3000)
    run_cell(page, 0)
    page.locator(".es-has-photo .es-marks").wait_for()
    page.wait_for_timeout(500)

    # A click is a prompt in pixels, and its mask is drawn and read.
    click(page, 200, 150)
    text = read(page, lambda prompt: len(prompt["point_coords"]) == 1)
    [[x, y]] = json.loads(text[5 : text.rindex("}") + 1])["point_coords"]
    assert abs(x - 200) <= 1 and abs(y - 150) <= 1
    assert text.split("}")[1].split()[0] == "3" and int(text.split()[-1]) > 2000
    drawn = """() => { const o = document.querySelector('.es-layer'); return o.getContext('2d')
      .getImageData(Math.floor(0.52 * o.width), Math.floor(0.52 * o.height), 1, 1).data[3] }"""
    assert page.evaluate(drawn) > 60

    # A right click is a background point and opens no menu of JupyterLab's.
    click(page, 215, 150, button="right")
    read(page, lambda prompt: prompt["point_labels"] == [1, 0])
    assert not page.locator(".lm-Menu").count()

    # A drag is a box.
    box = page.locator(".es-marks").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 100, steps=5)
    page.mouse.up()
    read(page, lambda prompt: prompt["box_xyxy"] is not None)

    # Keys belong to the widget while it has the focus: x cuts no cell, z undoes nothing there.
    click(page, 100, 100)
    for key in ("x", "d", "d", "z", "a", "b", "1"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == len(CELLS + AGAIN)
    page.keyboard.press("Escape")
    read(page, lambda prompt: not prompt["point_coords"] and prompt["box_xyxy"] is None)

    # Candidates, several objects and another photo, without leaving the widget.
    click(page, 200, 150)
    read(page, lambda prompt: len(prompt["point_coords"]) == 1)
    page.get_by_role("radio").nth(2).click()
    page.get_by_role("button", name="Add object").click()
    click(page, 20, 30)
    read(page, lambda prompt: prompt["point_coords"][:1] == [[20, 30]])
    page.get_by_role("radio").nth(1).click()
    page.wait_for_timeout(300)
    page.screenshot(path=str(path.with_name("widget.png")))
    run_cell(page, 2)
    page.get_by_text("OBJECTS ['Object 1', 'Object 2'] 1 (300, 400, 3)").wait_for()

    # The widget shown once more has the same objects; what is selected there is selected here.
    run_cell(page, 3)
    again = page.locator(".es-widget").nth(1)
    again.locator(".es-object").nth(1).wait_for()
    again.locator(".es-object").nth(0).locator(".es-swatch[data-empty=false]").wait_for()
    again.locator(".es-object").nth(0).click()
    page.wait_for_timeout(500)
    first = page.locator(".es-widget").first.locator(".es-object").nth(0)
    assert first.get_attribute("aria-current") == "true"
    run_cell(page, 4)
    page.get_by_text("STEPS 0 [1, 1]").wait_for()

    # A file above 10 MB, which is more than one message of Jupyter's may have.
    large = path.with_name("large.jpg")
    data = dog_file.read_bytes()
    large.write_bytes(data + b"\0" * (11_000_000 - len(data)))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a photo").first.click()
    chooser.value.set_files(str(large))
    page.wait_for_function("document.querySelector('.es-photo').naturalHeight === 640")
    run_cell(page, 2)
    page.get_by_text("OBJECTS [] 0 (640, 426, 3)").wait_for()
    run_cell(page, 0)
    page.wait_for_timeout(1500)

    # What is saved, widget state included, is small: neither photo nor masks are in it.
    click(page, 200, 150)
    read(page, lambda prompt: len(prompt["point_coords"]) == 1)
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2500)
    saved = path.read_text()
    assert "application/vnd.jupyter.widget-view+json" in saved
    assert len(saved) < 150_000
