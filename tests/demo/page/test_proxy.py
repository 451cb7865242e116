"""The page below a path of a reverse proxy: every request stays below it."""

import socket

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from demo.engine import Engine
from demo.texts import page as texts
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue
from tests.support.proxy import proxied

PREFIX = "/tools/esam"
# Whether the proxy takes the prefix away; the server behind is started in the same way for both.
WAYS = [pytest.param(True, id="prefix stripped"), pytest.param(False, id="prefix kept")]


@pytest.fixture(scope="module")
def port():
    page, url = serve(Engine(FakeCatalogue()), root_path=PREFIX)
    yield httpx.URL(url).port
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("strip", WAYS)
def test_a_visitor_opens_clicks_and_downloads_below_the_prefix(open_page, port, bear_file, strip):
    with proxied(port, PREFIX, strip=strip) as proxy:
        driver = open_page(proxy.url).choose(bear_file).click(290, 300)
        assert driver.mask[300, 290]
        mask = np.asarray(driver.download("Mask").convert("L"))
        assert mask.shape == (640, 586) and mask[300, 290] and not mask[0, 0]
        before = driver.page.evaluate("esamPage.canvas.photo.token")
        driver.send(name="mine.png", content=bear_file.read_bytes())
        driver.page.wait_for_function("t => esamPage.canvas.photo.token !== t", arg=before)
        driver.wait()
        assert any("/upload" in path for path in proxy.below)
        driver.context.close()
        assert proxy.outside == []


@pytest.mark.browser
def test_a_lost_server_is_told_though_the_proxy_still_answers(open_page, port, bear_file):
    with proxied(port, PREFIX) as proxy, socket.socket() as nobody:
        driver = open_page(proxy.url).choose(bear_file).click(290, 300)
        nobody.bind(("127.0.0.1", 0))
        proxy.port = nobody.getsockname()[1]
        driver.expect_console("502")
        driver.page.mouse.click(*driver.at(100, 100))
        said = "text => esamPage.canvas.message.text.includes(text)"
        driver.page.wait_for_function(said, arg=texts.PAGE["no_answer"][:25])
        driver.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("strip", WAYS)
def test_programs_call_the_endpoint_below_the_prefix(port, bear_file, strip):
    prompts = {"point_coords": [[290, 300]], "point_labels": [1], "box_xyxy": None}
    with proxied(port, PREFIX, strip=strip) as proxy:
        client = Client(proxy.url, verbose=False)
        path, info = client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")
        client.close()
        assert proxy.outside == []
    with Image.open(path) as picture:
        assert picture.size == (586, 640) and picture.getpixel((290, 300))
    assert info["size_wh"] == [586, 640]


@pytest.mark.slow
def test_addresses_on_the_page_are_those_that_the_proxy_names(port):
    told = {"Host": "photos.example", "X-Forwarded-Proto": "https"}
    config = httpx.get(f"http://127.0.0.1:{port}/config", headers=told).json()
    assert config["root"] == f"https://photos.example{PREFIX}"
