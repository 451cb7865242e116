"""Whatever an object is called, its SVG is well-formed and its COCO file is JSON."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from lxml import etree

from esam_core.export import export_coco, export_svg, load_coco, load_svg

MASK = np.array([[True, False, False], [True, True, False]])
SAME = {  # what XML can hold arrives as it was
    "quotes": "\"double\" 'single' &quot; both",
    "markup": "<script>alert(1)</script> & </svg> ]]> <!-- --> <?xml ?> &amp; &#0;",
    "line breaks and tabs": "one\ntwo\r\nthree\rfour\tfive",
    "spaces": "  two  spaces  ",
    "no letters": "",
    "emoji": "🐻 🧑‍🚒 👩🏽",
    "every plane": "ä ж 中 \ue000 \U0001f43b \U0010ffff",
    "controls of latin-1": "\x7f\x80\x85\x9f\xa0",
    "separators of lines": "\u2028\u2029\ufeff",
    "directions": "\u202eabc\u202c",
    "last allowed": "\ud7ff\ufffd\U00010000",
    "entity": "&nbsp;&lol;",
    "template": "{{x}} %s ${y} \\n",
}
CHANGED = {  # what it cannot hold becomes U+FFFD
    "null": ("a\0b", "a\ufffdb"),
    "escape": ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
    "every control character": (
        "".join(map(chr, range(32))),
        "".join(chr(i) if i in (9, 10, 13) else "\ufffd" for i in range(32)),
    ),
    "first half of a pair": ("a\ud83d", "a\ufffd"),
    "second half of a pair": ("\udc3bz", "\ufffdz"),
    "pair that was never joined": ("\ud83d\udc3b", "\ufffd\ufffd"),
    "no characters": ("\ufffe\uffff", "\ufffd\ufffd"),
    "undecodable byte of a file name": (b"b\xe4r".decode(errors="surrogateescape"), "b\ufffdr"),
}
NAMES = {kind: (name, name) for kind, name in SAME.items()} | CHANGED
each = pytest.mark.parametrize(("name", "expected"), NAMES.values(), ids=NAMES.keys())


@each
@pytest.mark.parametrize("parse", [ElementTree.fromstring, etree.fromstring])
def test_svg_with_any_name_is_well_formed(name, expected, parse):
    content = export_svg(np.stack([MASK, ~MASK]), names=[name, "other"]).encode()
    labels = {path.get("data-number"): path.get("aria-label") for path in parse(content)}
    assert labels == {"0": expected, "1": "other"}
    assert (load_svg(content.decode()).data == [MASK, ~MASK]).all()


@each
def test_coco_keeps_any_name(name, expected):
    record = json.loads(json.dumps(export_coco(MASK, names=[name], file_name=name)).encode())
    joined = name.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert record["images"][0]["file_name"] == joined
    assert record["categories"][0]["name"] == (joined or "object")
    assert (load_coco(record).data == MASK).all()


def test_mask_without_a_name_is_titled_by_its_number():
    paths = ElementTree.fromstring(export_svg(np.stack([~MASK, MASK]), names=[None, "b"]))
    assert {path.get("aria-label") for path in paths} == {"mask 1", "b"}


@pytest.mark.browser
@pytest.mark.parametrize("rule", ["nonzero", "evenodd"])
def test_browser_reads_every_name_and_fills_the_mask_by_either_rule(rule, browser):
    mask = np.zeros((60, 80), bool)
    mask[10:50, 10:70] = True
    mask[20:40, 20:60] = False
    mask[25:35, 30:50] = True
    mask[28:30, 35:38] = False
    names = [name for name, _ in NAMES.values()]
    text = export_svg(np.stack([mask] * len(names)), names=names, opacity=1)
    text = text.replace('fill-rule="evenodd"', f'fill-rule="{rule}"')
    script = """async text => {
        const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
        const paths = [...parsed.querySelectorAll("path")];
        const picture = new Image();
        picture.src = "data:image/svg+xml," + encodeURIComponent(text);
        await picture.decode();
        const stage = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
        stage.drawImage(picture, 0, 0);
        const pixels = stage.getImageData(0, 0, picture.width, picture.height).data;
        return [
            paths.map(path => path.getAttribute("aria-label")),
            [...pixels].filter((_, i) => i % 4 == 3),
        ];
    }"""
    page = browser.new_page()
    labels, alpha = page.evaluate(script, text)
    page.close()
    assert labels == [expected for _, expected in NAMES.values()]
    assert (np.reshape(alpha, mask.shape) == mask * 255).all()
