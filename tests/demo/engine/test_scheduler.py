"""The scheduler: most urgent first, without starvation."""

import threading
import time

import pytest

from demo.engine.scheduler import Scheduler, in_its_own_thread


def line_up(scheduler, delays):
    """Let threads wait in this order while the turn is taken; return the order of service."""
    served, threads = [], []

    def wait(delay):
        with scheduler.turn(delay):
            served.append(delay)

    def join_line(delay):
        before = scheduler.waiting
        threads.append(threading.Thread(target=wait, args=(delay,)))
        threads[-1].start()
        while scheduler.waiting == before:
            time.sleep(0.001)

    return served, threads, lambda: [join_line(delay) for delay in delays]


def test_a_click_goes_before_photos_that_came_earlier():
    scheduler = Scheduler()
    served, threads, queue_up = line_up(scheduler, [9.0, 5.0, 0.0])
    with scheduler.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [0.0, 5.0, 9.0]


def test_equal_delay_is_first_come_first_served():
    scheduler = Scheduler()
    served, threads, queue_up = line_up(scheduler, [1e-9, 1.5e-9, 0.5e-9])
    with scheduler.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [1e-9, 1.5e-9, 0.5e-9]


def test_a_call_that_has_waited_for_its_delay_is_not_overtaken():
    scheduler = Scheduler()
    served, threads, queue_up = line_up(scheduler, [1e-6, 0.0])
    with scheduler.turn():
        queue_up()
    for thread in threads:
        thread.join()
    assert served == [1e-6, 0.0]


def test_long_work_lets_a_click_through_and_goes_on():
    scheduler = Scheduler()
    served, threads, queue_up = line_up(scheduler, [0.0])
    with scheduler.turn(3.0):
        queue_up()
        assert served == []
        scheduler.give_way(3.0)
        assert served == [0.0]
        served.append("long work")
    threads[0].join()
    assert served == [0.0, "long work"]


def test_a_failure_within_a_turn_ends_the_turn():
    scheduler = Scheduler()
    try:
        with scheduler.turn():
            raise ValueError
    except ValueError:
        pass
    with scheduler.turn():
        assert scheduler.waiting == 0


def test_a_call_computes_in_a_thread_that_ends_with_it():
    worker = in_its_own_thread(threading.current_thread)
    assert worker is not threading.current_thread() and not worker.is_alive()


def test_exceptions_of_a_call_are_raised_in_the_caller():
    with pytest.raises(ZeroDivisionError):
        in_its_own_thread(lambda: 1 / 0)
