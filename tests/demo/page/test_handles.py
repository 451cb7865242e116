"""Single points: dragged, moved and removed; previews under the pointer and of candidates."""

import numpy as np
import pytest

from demo.texts import page as texts

pytestmark = pytest.mark.browser

PREVIEW = "esamPage.canvas.preview.picture"
DRAWN = (
    """(() => { const c = esamPage.canvas; return esamPage.asPng(c.drawnMaskOf(c.active)) })()"""
)


@pytest.fixture
def bear_page(open_page, fake_server, bear_file):
    return open_page(fake_server).choose(bear_file)


def points(driver):
    return driver.state["prompt"]["point_coords"]


def test_a_point_is_dragged_and_its_mask_comes_along(bear_page):
    bear_page.click(200, 200).click(400, 400)
    bear_page.drag(200, 200, 100, 300)
    assert points(bear_page)[0] == pytest.approx([100, 300], abs=1)
    assert points(bear_page)[1] == pytest.approx([400, 400], abs=1)
    assert bear_page.mask[300, 100] and bear_page.mask[400, 400]
    assert not bear_page.mask[200, 200]
    assert bear_page.state["prompt"]["box_xyxy"] is None
    bear_page.press("Control+z")
    assert points(bear_page)[0] == pytest.approx([200, 200], abs=1)


def test_a_point_is_selected_by_a_click_and_removed_by_its_button(bear_page):
    bear_page.click(200, 200).click(400, 400).click(200, 200)
    assert len(points(bear_page)) == 2  # the third click took the first point
    assert texts.PAGE["point_help"] in bear_page.state["message"]["text"]
    bear_page.page.get_by_role("button", name=f"{texts.PAGE['remove_point']} 1 / 2").click()
    bear_page.wait()
    assert points(bear_page) == [pytest.approx([400, 400], abs=1)]
    assert bear_page.mask[400, 400] and not bear_page.mask[200, 200]


def test_points_are_moved_and_removed_by_keys_alone(bear_page):
    bear_page.click(200, 200).click(400, 400)
    bear_page.page.locator(".es-stage").focus()
    bear_page.press(".").press("ArrowRight").press("Shift+ArrowDown")
    assert points(bear_page)[0] == pytest.approx([201, 210], abs=1)
    bear_page.press(".").press("Delete")
    assert len(points(bear_page)) == 1
    assert bear_page.mask[210, 201] and not bear_page.mask[400, 400]
    bear_page.press(".").press("Backspace")
    assert points(bear_page) == [] and bear_page.mask is None


def test_a_step_that_added_begins_the_mask_when_the_first_point_is_removed(bear_page):
    bear_page.click(200, 200).press("a")
    bear_page.click(400, 400).press("c").press(",").press(",").press("Delete")
    assert bear_page.mask[400, 400] and not bear_page.mask[200, 200]


def test_the_mask_under_the_resting_pointer_is_shown_before_the_click(bear_page):
    page = bear_page.page
    page.mouse.move(*bear_page.at(300, 300))
    page.wait_for_function(PREVIEW)
    assert bear_page.mask is None and points(bear_page) == []
    page.mouse.move(*bear_page.at(100, 100))
    page.wait_for_function(f"!{PREVIEW}")  # not there any more
    page.wait_for_function(PREVIEW)
    page.mouse.move(5, 5)
    page.wait_for_function(f"!{PREVIEW}")
    bear_page.click(300, 300)
    page.mouse.move(*bear_page.at(500, 500))
    page.wait_for_timeout(200)
    assert not page.evaluate(f"Boolean({PREVIEW})")  # a click here would correct, not begin


def test_previews_can_be_switched_off_and_stay_off(bear_page, bear_file):
    page = bear_page.page
    page.get_by_text(texts.PAGE["refine_more"]).click()
    page.get_by_label(texts.PAGE["preview"]).uncheck()
    page.reload(wait_until="domcontentloaded")
    page.wait_for_function("window.esamPage && esamPage.keeper.key !== null")
    page.mouse.move(*bear_page.wait().at(300, 300))
    page.wait_for_timeout(200)
    assert not page.evaluate(f"Boolean({PREVIEW})")


def test_a_slow_model_shows_no_previews(bear_page):
    page = bear_page.page
    page.evaluate(
        """() => { const ask = esamPage.host.ask; window.asked = 0;
          esamPage.canvas.host.ask = async (kind, payload) => {
            const reply = await ask(kind, payload);
            if (kind !== 'preview') return reply;
            window.asked += 1;
            return { ...reply, decode_ms: 61 };
          }; }"""
    )
    for x in (100, 200, 300, 400, 500):
        page.mouse.move(*bear_page.at(x, 300))
        page.wait_for_timeout(200)
    assert page.evaluate("window.asked") == 3
    assert page.evaluate("esamPage.canvas.preview.tooSlow")
    page.get_by_text(texts.PAGE["refine_more"]).click()
    bear_page.click(290, 300)
    assert page.get_by_label(texts.PAGE["preview"]).is_disabled()


def test_hovering_a_candidate_shows_it_without_choosing_it(bear_page):
    bear_page.click(290, 300)
    chosen = bear_page.page.evaluate(DRAWN)
    bear_page.page.get_by_role("radio").nth(2).hover()
    assert bear_page.wait().page.evaluate(DRAWN) != chosen
    assert bear_page.state["choice"] == 0
    bear_page.page.mouse.move(*bear_page.at(10, 10))
    assert bear_page.wait().page.evaluate(DRAWN) == chosen


def test_a_thumbnail_zooms_in_on_its_mask(bear_page):
    bear_page.click(290, 300)
    shares = bear_page.page.evaluate(
        """[...document.querySelectorAll('.es-candidate canvas')].map(canvas => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let tinted = 0;
          for (let i = 0; i < data.length; i += 4) tinted += data[i + 2] > data[i] + 60;
          return tinted / (data.length / 4); })"""
    )
    # Discs of 15, 30 and 60 pixels all take a good part of their thumbnails.
    assert np.ptp(shares) < 0.1 and min(shares) > 0.2
