"""The cache makes each value once, keeps it within its limits, and stores no failures."""

import threading

import pytest

from demo.engine.cache import LruCache


def test_value_is_made_once():
    cache, made = LruCache(3), []
    values = [cache.get_or_make("a", lambda: made.append(1) or len(made)) for _ in range(5)]
    assert values == [1] * 5


def test_longest_unused_is_forgotten_first():
    cache, made = LruCache(2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get_or_make(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]


def test_what_fails_is_tried_again():
    cache = LruCache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("a", lambda: 1 / 0)
    assert cache.get_or_make("a", lambda: 7) == 7


def test_two_threads_that_ask_at_once_share_one_value():
    cache, made, both = LruCache(2), [], threading.Barrier(2)

    def ask():
        both.wait()
        cache.get_or_make("a", lambda: made.append(threading.get_ident()))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_what_was_used_lately_stays_and_the_limit_in_bytes_holds():
    cache = LruCache(max_bytes=100)
    cache.put("a", "A", 40)
    cache.put("b", "B", 40)
    assert cache.get("a") == "A"
    cache.put("c", "C", 40)
    assert [cache.get(key) for key in "abc"] == ["A", None, "C"]
    assert len(cache) == 2


def test_one_value_larger_than_the_limit_is_kept():
    cache = LruCache(max_bytes=10)
    cache.put("a", "A", 40)
    assert cache.get("a") == "A"
    cache.put("b", "B", 1)
    assert cache.get("a") is None


def test_a_new_value_takes_the_place_of_the_old_one():
    cache = LruCache(max_bytes=100)
    cache.put("a", "A", 90)
    cache.put("a", "B", 60)
    cache.put("b", "C", 40)
    assert (cache.get("a"), cache.get("b")) == ("B", "C")


def test_none_is_a_value_that_is_made_once():
    cache, made = LruCache(3), []
    for _ in range(3):
        assert cache.get_or_make("a", lambda: made.append(1)) is None
    assert made == [1]


def test_what_is_forgotten_is_gone():
    cache = LruCache(3)
    cache.put("a", 1)
    cache.pop("a")
    cache.pop("never")
    assert cache.get("a") is None
    cache.put("b", 2)
    cache.clear()
    assert len(cache) == 0


def test_a_value_is_unknown_while_it_is_made():
    cache = LruCache(3)
    assert cache.get_or_make("a", lambda: cache.get("a")) is None
