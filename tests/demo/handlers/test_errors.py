"""Errors become replies: no details leak, and every request gets a reply."""

import pytest

from demo.handlers import everything, export, models, photos, points, service
from demo.handlers.errors import answering
from esam_core.errors import Cancelled, InvalidSettings
from tests.support.payloads import prompt_payload


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "prompt",
        7,
        {},
        {"token": None},
        {"token": ["a"]},
        {"token": "../../etc/passwd", "prompt": {}},
    ],
)
@pytest.mark.parametrize(
    "handler",
    [
        points.prompt,
        service.segment,
        photos.embed,
        photos.example,
        photos.upload,
        export.export,
        everything.regions,
        models.fetch,
    ],
)
def test_any_json_gets_a_readable_answer(engine, handler, payload, caplog):
    reply = handler(engine, payload)
    assert reply["error"]
    assert reply["code"] != "unexpected"
    assert not caplog.records, "a visitor's mistake is nothing to log"


def test_a_forgotten_photo_has_a_code_that_the_page_acts_on(engine):
    reply = points.prompt(engine, {"token": "gone", "prompt": {}, "seq": 3})
    assert reply["code"] == "photo_gone"
    assert reply["seq"] == 3


def test_an_unexpected_failure_is_hidden_and_survived(engine, photo, caplog):
    engine.models.segmenter().predict = lambda *a, **k: 1 / 0
    reply = points.prompt(engine, prompt_payload(photo, [[70, 50]], [1]))
    assert reply["code"] == "unexpected"
    assert "division" not in reply["error"]
    assert "prompt failed" in caplog.text


def test_cancelled_work_is_no_error(engine):
    @answering
    def handler(engine, payload):
        raise Cancelled("stopped, as asked.")

    reply = handler(engine, {"seq": 3})
    assert reply["code"] == "cancelled" and "error" not in reply
    assert "Cancelled" in reply["message"] and reply["seq"] == 3


def test_a_refused_setting_has_the_name_of_its_error(engine, caplog):
    @answering
    def handler(engine, payload, threshold):
        raise InvalidSettings(f"threshold is {threshold}.")

    reply = handler(engine, None, 7)
    assert reply == {"error": "threshold is 7.", "code": "InvalidSettings"}
    assert not caplog.records
