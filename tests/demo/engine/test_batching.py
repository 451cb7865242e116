"""Prompts that wait together are decoded together, and each gets its own answer or error."""

import threading

import numpy as np
import pytest

from demo.engine.batching import Batcher
from esam_core.errors import InvalidPrompt
from esam_core.prompts import Prompt


def predict(prompts):
    """Return x for each prompt; refuse x = 13, crash at x = 99."""
    xs = [prompt.point_coords[0][0] for prompt in prompts]
    if 13 in xs:
        raise InvalidPrompt("unlucky")
    if 99 in xs:
        raise ZeroDivisionError
    return xs


def test_jobs_of_one_queue_are_decoded_in_one_batch():
    batcher, calls = Batcher(), []
    jobs = [batcher.join("photo", Prompt.point(x, 0)) for x in (1, 2, 3)]
    other = batcher.join("another photo", Prompt.point(4, 0))
    count = lambda prompts: (calls.append(len(prompts)), predict(prompts))[1]  # noqa: E731
    for job in jobs:
        batcher.serve("photo", job, count)
    assert [job.result() for job in jobs] == [1, 2, 3]
    assert calls == [3]
    assert not other.done


def test_no_more_than_the_most_are_decoded_at_once_and_none_is_lost():
    batcher, calls = Batcher(most=2), []
    jobs = [batcher.join("photo", Prompt.point(x, 0)) for x in range(5)]
    count = lambda prompts: (calls.append(len(prompts)), predict(prompts))[1]  # noqa: E731
    for job in reversed(jobs):
        batcher.serve("photo", job, count)
    assert [job.result() for job in jobs] == list(range(5))
    assert max(calls) == 2


def test_a_bad_prompt_fails_its_own_visitor_only():
    batcher = Batcher()
    good, bad = (batcher.join("photo", Prompt.point(x, 0)) for x in (1, 13))
    batcher.serve("photo", good, predict)
    assert good.result() == 1
    with pytest.raises(InvalidPrompt, match="unlucky"):
        bad.result()


def test_a_failure_of_the_model_reaches_all_waiting_jobs():
    batcher = Batcher()
    jobs = [batcher.join("photo", Prompt.point(x, 0)) for x in (1, 99)]
    batcher.serve("photo", jobs[0], predict)
    for job in jobs:
        with pytest.raises(ZeroDivisionError):
            job.result()


def test_visitors_of_one_photo_share_a_batch_and_get_their_own_masks(engine):
    image = np.full((60, 80, 3), 7, np.uint8)
    photos = [engine.open_photo(image) for _ in range(5)]
    engine.embed(photos[0])
    answers = {}

    def visit(photo, x):
        answers[x] = engine.predict(photo, Prompt.point(x, 30))

    threads = [threading.Thread(target=visit, args=(p, 10 * i)) for i, p in enumerate(photos)]
    with engine.scheduler.turn():
        for number, thread in enumerate(threads):
            thread.start()
            while engine.scheduler.waiting <= number:
                pass
    for thread in threads:
        thread.join()
    assert engine.models.segmenter().batches == [5]
    for x, answer in answers.items():
        assert answer.masks.boxes_xyxy[1].tolist()[2] == min(80, x + 16)
        assert answer.decode_ms > 0
