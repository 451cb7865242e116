"""Whose turn it is: the most urgent first, and nobody for ever."""

import threading
import time

import pytest

from demo.engine.scheduler import Turns, in_its_own_thread


def line_up(turns, patiences):
    """Let threads wait in this order while the turn is held; returns the order of their turns."""
    served, threads = [], []

    def wait(patience):
        with turns.turn(patience):
            served.append(patience)

    def join_line(patience):
        before = turns.waiting
        threads.append(threading.Thread(target=wait, args=(patience,)))
        threads[-1].start()
        while turns.waiting == before:
            time.sleep(0.001)

    return served, threads, lambda: [join_line(patience) for patience in patiences]


def test_a_click_goes_before_photos_that_came_earlier():
    turns = Turns()
    served, threads, queue_up = line_up(turns, [9.0, 5.0, 0.0])
    with turns.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [0.0, 5.0, 9.0]


def test_equal_patience_is_first_come_first_served():
    turns = Turns()
    served, threads, queue_up = line_up(turns, [1e-9, 1.5e-9, 0.5e-9])
    with turns.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [1e-9, 1.5e-9, 0.5e-9]


def test_who_has_been_patient_is_not_overtaken_any_more():
    turns = Turns()
    served, threads, queue_up = line_up(turns, [1e-6, 0.0])
    with turns.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [1e-6, 0.0]


def test_long_work_lets_a_click_through_and_goes_on():
    turns = Turns()
    served, threads, queue_up = line_up(turns, [0.0])
    with turns.turn(3.0):
        queue_up()
        assert served == []
        turns.give_way(3.0)
        assert served == [0.0]
        served.append("long work")
    threads[0].join()
    assert served == [0.0, "long work"]


def test_a_failure_within_a_turn_ends_the_turn():
    turns = Turns()
    try:
        with turns.turn():
            raise ValueError
    except ValueError:
        pass
    with turns.turn():
        assert turns.waiting == 0


def test_a_call_computes_in_a_thread_that_ends_with_it():
    worker = in_its_own_thread(threading.current_thread)
    assert worker is not threading.current_thread() and not worker.is_alive()


def test_what_a_call_raises_is_raised_where_it_was_asked_for():
    with pytest.raises(ZeroDivisionError):
        in_its_own_thread(lambda: 1 / 0)
