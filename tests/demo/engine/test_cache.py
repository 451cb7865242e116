"""Costly things are made once, kept for a while, and never kept broken."""

import threading

import pytest

from demo.engine.cache import Memo


def test_value_is_made_once():
    memo, made = Memo(3), []
    values = [memo.get("a", lambda: made.append(1) or len(made)) for _ in range(5)]
    assert values == [1] * 5


def test_longest_unused_is_forgotten_first():
    memo, made = Memo(2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        memo.get(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]


def test_what_fails_is_tried_again():
    memo = Memo(2)
    with pytest.raises(ZeroDivisionError):
        memo.get("a", lambda: 1 / 0)
    assert memo.get("a", lambda: 7) == 7


def test_two_threads_that_ask_at_once_share_one_value():
    memo, made, both = Memo(2), [], threading.Barrier(2)

    def ask():
        both.wait()
        memo.get("a", lambda: made.append(threading.get_ident()))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
