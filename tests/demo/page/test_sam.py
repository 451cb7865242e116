"""SAM is one of the models of the page's menu once it is here."""

import pytest

from demo.engine import Engine
from demo.engine.catalogue import CoreCatalogue
from tests.conftest import serve
from tests.support.small import save_tiny_sam


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path))
    save_tiny_sam(tmp_path / "sam_vit_b", sure=True)
    page, url = serve(Engine(CoreCatalogue(device="cpu", precision="fp32")))
    yield url
    page.close()


@pytest.mark.browser
def test_sam_is_chosen_from_the_menu_and_answers_clicks(open_page, server, bear_file):
    pytest.importorskip("transformers")
    driver = open_page(server).choose(bear_file)
    page = driver.page
    page.locator(".es-chip").click()
    page.locator("button.es-model", has_text="SAM ViT-B").click()
    page.locator(".es-chip", has_text="SAM ViT-B").wait_for()
    driver.wait().click(290, 300)
    assert driver.mask is not None and driver.mask.shape == (640, 586)
    driver.click(290, 40, button="right")
    assert driver.state["prompt"]["point_labels"] == [1, 0]
    assert page.locator(".es-chip").inner_text().startswith("SAM ViT-B")
