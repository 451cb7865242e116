"""Long work in a separate thread: steps, a reply, and a stop when the visitor leaves."""

import threading

from demo.handlers import tasks
from demo.handlers.errors import answering
from esam_core.errors import Cancelled

PAYLOAD = {"token": "photo"}


def endless(progress, cancel):
    progress(0, 9)
    while not cancel():
        pass
    return {"code": "cancelled"}


def join(mode):
    for thread in threading.enumerate():
        if thread.name == mode:
            thread.join(20)
            assert not thread.is_alive()


def test_steps_come_before_the_reply(engine, monkeypatch):
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0)

    def task(progress, cancel):
        for done in range(3):
            progress(done, 3)
        return {"message": "done"}

    events = list(tasks.run(engine, PAYLOAD, "mode", task))
    assert events == [(0, 3), (1, 3), (2, 3), {"message": "done"}]
    assert len(engine.tasks) == 0


def test_a_visitor_who_leaves_stops_the_work(engine):
    steps = tasks.run(engine, PAYLOAD, "leaving", endless)
    next(steps)
    steps.close()
    assert len(engine.tasks) == 0
    join("leaving")


def test_work_is_stopped_by_its_photo_and_mode_only(engine):
    steps = tasks.run(engine, PAYLOAD, "stopping", endless)
    assert next(steps) == (0, 9)
    tasks.stop(engine, {"token": "other"}, "stopping")
    tasks.stop(engine, PAYLOAD, "another mode")
    assert not engine.tasks._running["photo", "stopping"].is_set()
    tasks.stop(engine, PAYLOAD)
    assert list(steps) == [{"code": "cancelled"}]


def test_starting_anew_stops_what_runs(engine):
    first = tasks.run(engine, PAYLOAD, "again", endless)
    next(first)
    second = tasks.run(engine, PAYLOAD, "again", lambda progress, cancel: {"message": "second"})
    assert list(second) == [{"message": "second"}]
    assert list(first)[-1] == {"code": "cancelled"}


def test_a_handler_that_is_cancelled_still_replies(engine):
    @answering
    def handler(engine, payload, progress, cancel):
        progress(1, 2)
        while not cancel():
            pass
        raise Cancelled("stopped, as asked.")

    steps = tasks.run(engine, PAYLOAD, "handler", lambda p, c: handler(engine, PAYLOAD, p, c))
    next(steps)
    tasks.stop(engine, PAYLOAD, "handler")
    assert list(steps)[-1]["code"] == "cancelled"


def test_a_part_of_the_work_is_a_part_of_the_percent():
    steps = []
    report = tasks.part_of(lambda done, total: steps.append((done, total)), 70, 100)
    report(0, 4)
    report(2, 4)
    report(4, 4)
    tasks.part_of(None, 0, 70)(1, 2)
    assert steps == [(70, 100), (85, 100), (100, 100)]
