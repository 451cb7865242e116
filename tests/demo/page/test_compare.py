"""The page's Compare tab: the same clicks on several models, side by side."""

import pytest


@pytest.mark.browser
def test_compare_on_the_page_shows_table_slider_and_pictures(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.page.get_by_role("tab", name="Compare").click()
    driver.click(290, 300)
    driver.page.locator("#es-compare-run").click()
    table = driver.page.locator("#es-compare-table table")
    table.wait_for()
    assert table.locator("tbody tr").count() == 2
    assert "Fake, by its own score" in table.inner_text()
    assert driver.page.locator("#es-mode-compare img").count() >= 2
    driver.click(200, 200)
    assert len(driver.state["prompt"]["point_coords"]) == 2


@pytest.mark.browser
def test_compare_without_clicks_shows_an_error(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.page.get_by_role("tab", name="Compare").click()
    driver.page.locator("#es-compare-run").click()
    driver.page.locator("#es-compare-note", has_text="Nothing was pointed at").wait_for()
