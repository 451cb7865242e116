"""Server, network, page or tab go at random moments in mid-work. ESAM_TRIALS=50 for many."""

import os
import random

import httpx
import pytest

from demo.engine import Engine
from demo.pictures.visitor import READY
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue

pytestmark = pytest.mark.browser

TRIALS = int(os.environ.get("ESAM_TRIALS", "4"))
DOC = "JSON.stringify(esamPage.canvas.doc)"
ANSWERED = f"""{READY} && esamPage.keeper.key !== null && (c =>
  !c.wanted() && !c.busy && c.message.tone !== 'error')(esamPage.canvas)"""
SHOWN = "esamPage.canvas.doc.objects.some(object => esamPage.canvas.hasMask(object))"


class Visitor:
    """Clicks at random on one photo, on a server that can be stopped and started."""

    def __init__(self, open_page, photo):
        self.server, self.url = serve(Engine(FakeCatalogue()))
        self.driver = open_page(self.url)
        for expected in ("ERR_", "errored out", "AbortError", "network error", "Failed to fetch"):
            self.driver.expect_console(expected)
        self.driver.choose(photo)
        self.chance = random.Random(5)

    def work(self):
        """Make clicks and objects without waiting for the answers; return the work."""
        page, chance = self.driver.page, self.chance
        for _ in range(chance.randint(1, 4)):
            if chance.random() < 0.4:
                page.keyboard.press("n")
            page.mouse.click(*self.driver.at(chance.randint(5, 580), chance.randint(5, 630)))
            page.wait_for_timeout(chance.randint(0, 120))
        return page.evaluate(DOC)

    def server_restarts(self):
        self.server.close()
        self.driver.page.wait_for_timeout(self.chance.randint(0, 1500))
        self.server, url = serve(Engine(FakeCatalogue()), port=httpx.URL(self.url).port)
        assert url == self.url

    def network_goes(self):
        self.driver.context.set_offline(True)
        self.driver.page.wait_for_timeout(self.chance.randint(0, 1500))
        self.driver.context.set_offline(False)

    def page_reloads(self):
        self.driver.page.reload(wait_until="domcontentloaded")

    def tab_closes(self):
        self.driver.page.close()
        self.driver.page = self.driver.context.new_page()
        self.driver.page.goto(self.url, wait_until="domcontentloaded")


def test_nothing_is_lost_when_server_network_or_page_go_at_any_moment(open_page, bear_file):
    visitor = Visitor(open_page, bear_file)
    ways = [
        visitor.server_restarts,
        visitor.network_goes,
        visitor.page_reloads,
        visitor.tab_closes,
    ]
    try:
        for trial in range(TRIALS):
            work = visitor.work()
            way = ways[trial % len(ways)]
            way()
            page = visitor.driver.page
            page.wait_for_function(ANSWERED)
            if way == visitor.server_restarts:  # Gradio may load its page again within this time
                page.wait_for_timeout(3000)
                page.wait_for_function(ANSWERED)
            assert page.evaluate(DOC) == work, (trial, way.__name__)
            assert page.evaluate(
                "esamPage.canvas.doc.objects.some(o => esamPage.canvas.hasMask(o))"
            )
    finally:
        visitor.server.close()
