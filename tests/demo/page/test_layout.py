"""Every tab at nine window sizes: no control is covered or cut off, and axe finds nothing."""

from pathlib import Path

import axe_playwright_python
import pytest

from demo.texts import page as texts

pytestmark = pytest.mark.browser

SIZES = [
    (1440, 900),
    (1366, 625),
    (1280, 800),
    (1280, 520),
    (1024, 768),
    (900, 700),
    (768, 1024),
    (390, 844),
    (844, 390),
]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
FOUND_BY_AXE = """async () => (await axe.run()).violations.flatMap(rule =>
  rule.nodes.map(node => `${rule.id}: ${node.target} ${node.failureSummary}`))"""
# What scrolls away is cut on purpose, also by what stays in sight while the page scrolls.
MISPLACED = """() => {
  const wanted = 'button, input, select, textarea, summary, a, [role=slider]';
  const scroller = document.querySelector('#es-canvas > .html-container');
  const sticky = [...document.querySelectorAll('.es-head, .es-bar')].filter(
    el => getComputedStyle(el).position === 'sticky');
  const name = el => el.ariaLabel || el.title || el.textContent.trim().slice(0, 30) || el.className;
  const shown = [], bad = [];
  for (const el of document.querySelectorAll(wanted)) {
    if (!el.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) continue;
    const whole = el.getBoundingClientRect(), seen = { ...whole.toJSON() };
    if (whole.width < 3 || whole.height < 3) continue;
    const clip = (box, sides) => {
      const { max, min } = Math;
      if (sides.x) [seen.left, seen.right] = [max(seen.left, box.left), min(seen.right, box.right)];
      if (sides.y) [seen.top, seen.bottom] = [max(seen.top, box.top), min(seen.bottom, box.bottom)];
    };
    let scrolls = false;
    const shrunk = () => seen.right - seen.left < whole.width - 1.5
      || seen.bottom - seen.top < whole.height - 1.5;
    for (let up = el.parentElement; up; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      const before = shrunk();
      clip(up.getBoundingClientRect(), { x: overflowX !== 'visible', y: overflowY !== 'visible' });
      if (!before && shrunk() && /auto|scroll/.test(overflowX + overflowY)) scrolls = true;
    }
    if (scroller.contains(el) && !sticky.some(fixed => fixed.contains(el))) {
      for (const fixed of sticky) {
        const box = fixed.getBoundingClientRect(), top = fixed.matches('.es-head');
        const before = shrunk();
        const rest = { top: top ? box.bottom : -Infinity, bottom: top ? Infinity : box.top };
        clip(rest, { y: true });
        if (!before && shrunk()) scrolls = true;
      }
    }
    if (shrunk() && !scrolls) bad.push(`cut: ${name(el)}`);
    if (seen.right - seen.left < 2 || seen.bottom - seen.top < 2) continue;
    const past = [-seen.left, -seen.top, seen.right - innerWidth, seen.bottom - innerHeight];
    if (Math.max(...past) > 1) bad.push(`outside: ${name(el)}`);
    shown.push([el, seen]);
  }
  shown.forEach(([a, one], i) => shown.slice(i + 1).forEach(([b, other]) => {
    const label = a.closest('label');
    if (a.contains(b) || b.contains(a) || (label && label === b.closest('label'))) return;
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const tall = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (wide > 1.5 && tall > 1.5) bad.push(`over: ${name(a)} / ${name(b)}`);
  }));
  return bad;
}"""


def faults(driver, *, axe):
    """Return (tab, what is wrong) for every tab of a page."""
    if axe:
        driver.page.evaluate(AXE)
    found = []
    for tab in driver.page.get_by_role("tab").all():
        tab.click()
        driver.wait()
        driver.page.wait_for_timeout(50)  # Gradio measures its own components after the frame
        found += [(tab.inner_text(), fault) for fault in driver.page.evaluate(MISPLACED)]
        if axe:
            found += [(tab.inner_text(), fault) for fault in driver.page.evaluate(FOUND_BY_AXE)]
    return found


@pytest.fixture
def shown(open_page, fake_server, bear_file):
    """shown(size, **look): a page with a mask on the photo of the bear."""

    def show(size=(1280, 800), **look):
        width, height = size
        driver = open_page(fake_server, width=width, height=height, **look)
        return driver.choose(bear_file).click(290, 300)

    return show


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_every_tab_fits_every_window(shown, size):
    driver = shown(size)
    assert not faults(driver, axe=size in ((1280, 800), (768, 1024)))


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_dark_colours(shown, size):
    assert not faults(shown(size, dark=True), axe=True)


def test_the_sheet_of_keys_opens_by_its_key_and_closes_by_escape(shown):
    driver = shown()
    driver.page.keyboard.press("?")
    sheet = driver.page.get_by_role("dialog", name=texts.PAGE["help"])
    assert sheet.is_visible()
    for keys, what in texts.HELP:
        assert keys in sheet.inner_text() and what in sheet.inner_text()
    driver.page.evaluate(AXE)
    assert driver.page.evaluate(FOUND_BY_AXE) == []
    driver.page.keyboard.press("Escape")
    assert not sheet.is_visible()
    assert driver.mask is not None  # Escape closed the sheet, and nothing else
    driver.page.get_by_role("button", name=texts.PAGE["help"], exact=True).click()
    assert sheet.is_visible()
