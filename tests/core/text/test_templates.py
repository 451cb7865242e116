"""Texts are put into the sentences that CLIP reads, in good English."""

import pytest

from esam_core.text.templates import TEMPLATES, sentences

A, THE = "a photo of a {}.", "a photo of the {}."


@pytest.mark.parametrize(
    ("text", "one", "known"),
    [
        ("dog", "a dog", "the dog"),
        ("a dog", "a dog", "the dog"),
        ("the dog", "a dog", "the dog"),
        ("The dog.", "a dog", "the dog"),
        ("my dog", "a dog", "the dog"),
        ("this dog", "a dog", "the dog"),
        ("one dog", "a dog", "the dog"),
        ("every dog", "a dog", "the dog"),
        ("Dog", "a Dog", "the Dog"),
        ("apple", "an apple", "the apple"),
        ("a apple", "an apple", "the apple"),
        ("an green apple", "a green apple", "the green apple"),
        ("hour glass", "an hour glass", "the hour glass"),
        ("unicorn", "a unicorn", "the unicorn"),
        ("unidentified object", "an unidentified object", "the unidentified object"),
        ("umbrella", "an umbrella", "the umbrella"),
        ("used car", "a used car", "the used car"),
        ("one-eyed cat", "a one-eyed cat", "the one-eyed cat"),
        ("European car", "a European car", "the European car"),
        ("SUV", "an SUV", "the SUV"),
        ("TV", "a TV", "the TV"),
        ("UFO", "a UFO", "the UFO"),
        ("USB stick", "a USB stick", "the USB stick"),
        ("usb stick", "a usb stick", "the usb stick"),
        ("UV lamp", "a UV lamp", "the UV lamp"),
        ("US flag", "a US flag", "the US flag"),
        ("EU flag", "an EU flag", "the EU flag"),
        ("MP3 player", "an MP3 player", "the MP3 player"),
        ("HDMI cable", "an HDMI cable", "the HDMI cable"),
        ("L-shaped table", "an L-shaped table", "the L-shaped table"),
        ("NASA rocket", "a NASA rocket", "the NASA rocket"),
        ("LED lamp", "an LED lamp", "the LED lamp"),
        ("HORSE", "a HORSE", "the HORSE"),
        ("SHEEP", "a SHEEP", "the SHEEP"),
        ("APPLE", "an APPLE", "the APPLE"),
        ("UMBRELLA", "an UMBRELLA", "the UMBRELLA"),
        ("urn", "an urn", "the urn"),
        ("person in red", "a person in red", "the person in red"),
        ("a man with two dogs", "a man with two dogs", "the man with two dogs"),
        ("black and white cat", "a black and white cat", "the black and white cat"),
        ("red Ferrari", "a red Ferrari", "the red Ferrari"),
        ("bus", "a bus", "the bus"),
        ("glass", "a glass", "the glass"),
        ("lens", "a lens", "the lens"),
        ("canvas", "a canvas", "the canvas"),
        ("dress on a chair", "a dress on a chair", "the dress on a chair"),
        ("specimen", "a specimen", "the specimen"),
        ("left dog", "the left dog", "the left dog"),
        ("the left dog", "the left dog", "the left dog"),
        ("biggest dog", "the biggest dog", "the biggest dog"),
    ],
)
def test_the_article_of_a_template_fits_the_text(text, one, known):
    assert sentences(text, [A]) == [f"a photo of {one}."]
    assert sentences(text, [THE]) == [f"a photo of {known}."]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("dogs", "dogs"),
        ("the dogs", "dogs"),
        ("these dogs", "dogs"),
        ("dogs on a couch", "dogs on a couch"),
        ("black and white cats", "black and white cats"),
        ("dogs and a cat", "dogs and a cat"),
        ("people", "people"),
        ("policemen", "policemen"),
        ("two dogs", "two dogs"),
        ("the two dogs", "two dogs"),
        ("3 sheep", "3 sheep"),
        ("all dogs", "all dogs"),
        ("a few dogs", "a few dogs"),
        ("one of the dogs", "one of the dogs"),
        ("some of the dogs", "some of the dogs"),
        ("scissors", "scissors"),
        ("the grass", "grass"),
        ("someone", "someone"),
        ("the", "the"),
        ("Big Ben", "Big Ben"),
        ("Barack Obama on a bench", "Barack Obama on a bench"),
        ("狗", "狗"),
        ("😀", "😀"),
    ],
)
def test_what_has_no_article_gets_none(text, inside):
    assert sentences(text, [A, THE]) == [f"a photo of {inside}."]


@pytest.mark.parametrize(
    "text", ["a dog", "The Left dog", "{} {0} {x}", "two  dogs!", "<b>dog</b>"]
)
def test_a_template_without_an_article_takes_the_text_as_typed(text):
    assert sentences(text, ["{}"]) == [text]
    assert sentences(text, ["see: {}!"]) == [f"see: {text}!"]
    assert sentences(text)[-1] == text


def test_all_templates_are_read_each_once():
    assert sentences("dog") == [template.format("dog") for template in TEMPLATES]
    assert sentences("two dogs") == [
        "a photo of two dogs.",
        "a cropped photo of two dogs.",
        "a close-up photo of two dogs.",
        "two dogs",
    ]
