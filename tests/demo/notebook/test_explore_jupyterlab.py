"""Controls of a figure in a real JupyterLab, in headless Chromium."""

import nbformat
import pytest

from tests.support.jupyterlab import jupyter_lab

pytestmark = pytest.mark.browser

CELL = """
import numpy as np
from demo.notebook.controls import explore
from esam_core.errors import InvalidSettings
from esam_core.figures.drawing import draw_page
from esam_core.figures.layout import Panel

def draw(grey):
    if grey == 3:
        raise InvalidSettings("3 is too much; give up to 2.")
    image = np.full((30, 40, 3), 80 * grey, np.uint8)
    return draw_page("page", [[Panel(image, title=f"{grey}")]], "A caption.")

explore(draw, grey=(0, 3))
"""


def test_a_slider_draws_the_figure_again_and_says_what_is_refused(browser, tmp_path):
    folder, home = tmp_path / "notebooks", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "explore.ipynb")
    with jupyter_lab(folder, home) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1000})
        context.set_default_timeout(25_000)
        page = context.new_page()
        page.goto(address.replace("/lab?", "/lab/tree/explore.ipynb?"))
        page.locator(".jp-Notebook .jp-CodeCell").wait_for()
        page.get_by_text("Python 3", exact=False).first.wait_for()
        page.wait_for_timeout(3000)
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").click()
        page.keyboard.press("Control+Enter")
        picture = page.locator(".jp-OutputArea img")
        picture.wait_for()
        before = picture.get_attribute("src")
        handle = page.get_by_role("slider").first
        handle.focus()
        page.keyboard.press("ArrowRight")
        changed = "before => document.querySelector('.jp-OutputArea img')?.src !== before"
        page.wait_for_function(f"before => {{ const f = {changed}; return f(before) }}", arg=before)
        picture.wait_for()
        assert picture.count() == 1 and picture.get_attribute("src") != before
        handle.focus()
        page.keyboard.press("End")
        page.get_by_text("3 is too much; give up to 2.", exact=True).wait_for()
        assert not page.get_by_text("Traceback").count()
        context.close()
