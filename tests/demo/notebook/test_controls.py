"""Controls draw again what they choose."""

import pytest

from demo.notebook.controls import explore
from esam_core.errors import UnknownWord


@pytest.fixture
def drawn():
    return []


def test_every_change_is_drawn(drawn):
    box = explore(
        lambda photo, threshold: drawn.append((photo, threshold)),
        photo=("a", "b"),  # a tuple, which ipywidgets alone takes for the ends of a slider
        threshold=(0.0, 1.0, 0.5),
    )
    photo, threshold = box.children[:2]
    assert not threshold.continuous_update  # a slider is read when it is let go
    photo.value = "b"
    threshold.value = 1.0
    assert drawn == [("a", 0.5), ("b", 0.5), ("b", 1.0)]


def test_with_a_button_only_the_button_draws(drawn):
    box = explore(lambda photo: drawn.append(photo), button="Segment", photo=["a", "b"])
    choice, button = box.children[:2]
    choice.value = "b"
    assert button.description == "Segment" and not drawn
    button.click()
    assert drawn == ["b"]


def texts(box) -> list[str]:
    """What the controls show now."""
    return [out.get("text") or out["data"]["text/plain"] for out in box.children[-1].outputs]


def test_what_is_refused_is_one_sentence_and_the_controls_go_on(drawn):
    def draw(word):
        if word == "qwertz":
            raise UnknownWord("qwertz is not in the vocabulary.")
        drawn.append(word)
        return word

    box = explore(draw, word=["bus", "qwertz", "taxi"])
    choice = box.children[0]
    drawn.clear()
    choice.value = "qwertz"
    assert texts(box) == ["qwertz is not in the vocabulary.\n"]
    choice.value = "taxi"
    assert drawn == ["taxi"] and texts(box) == ["'taxi'"]


def test_what_is_drawn_takes_the_place_of_what_was_drawn_before():
    box = explore(lambda word: word.upper(), word=["bus", "taxi"])
    assert texts(box) == ["'BUS'"]
    box.children[0].value = "taxi"
    assert texts(box) == ["'TAXI'"]
