"""Photos are read on a lent GPU, in a forked process; everything else stays here.

``Lending`` stands in for the package ``spaces`` on ZeroGPU: its decorated functions run in a forked
process, and arguments and results pass through pickle. The device is the CPU of that process.
"""

import contextvars
import multiprocessing
import os
import pickle
import sys
import threading
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import pytest
import torch

from demo.engine import Engine
from demo.engine.borrowed import SECONDS, Borrowing, BorrowingCatalogue, lender, on_cpu
from demo.engine.catalogue import CoreCatalogue
from esam_core import InvalidImage, Prompt
from esam_core.devices import choose_device
from tests.support.small import small_segmenter

if "fork" not in multiprocessing.get_all_start_methods():
    pytest.skip("processes are not forked here", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

VISITOR = contextvars.ContextVar("visitor", default=None)


class Lending:
    """Lends a forked process per call, as ``spaces.GPU`` does."""

    def __init__(self):
        self.asked = []
        self.refusal = None

    def GPU(self, duration=None):  # noqa: N802 - the name in spaces
        def decorate(function):
            def borrowed(*args):
                self.asked.append((duration, args[0], VISITOR.get()))
                if self.refusal:
                    raise RuntimeError(self.refusal)
                return _in_a_fork(function, pickle.dumps(args))

            return borrowed

        return decorate


def _in_a_fork(function, arguments):
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def work():
        try:
            answer = function(*pickle.loads(arguments))
        except Exception as error:
            answer = type(error).__name__
        theirs.send_bytes(pickle.dumps((os.getpid(), answer)))

    def in_a_thread():  # OpenMP has no workers for the thread that forked
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    process = context.Process(target=in_a_thread)
    process.start()
    pid, answer = pickle.loads(ours.recv_bytes())
    process.join()
    assert pid != os.getpid()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer


@dataclass(frozen=True, slots=True)
class SmallCatalogue(CoreCatalogue):
    """A small EfficientSAM under its name; ``loads`` has the devices it was loaded on."""

    loads: list = field(default_factory=list)

    def load(self, name, precision=None, *, compiled=False):
        self.loads.append(self.device)
        return small_segmenter()


@pytest.fixture
def lending():
    return Lending()


@pytest.fixture
def catalogue(lending):
    return BorrowingCatalogue(SmallCatalogue(device="cpu"), lending.GPU, device="lent")


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)


def test_only_a_model_that_takes_long_to_read_a_photo_borrows(lending):
    own = CoreCatalogue(device="cpu", precision="fp32", random=True)
    catalogue = BorrowingCatalogue(own, lending.GPU)
    assert catalogue.load("mini").quick
    assert not isinstance(catalogue.load("mini"), Borrowing)
    assert isinstance(catalogue.load("efficient_sam_ti"), Borrowing)


def test_a_photo_is_read_in_the_lent_process_as_it_would_be_here(catalogue, lending, image):
    segmenter, plain = catalogue.load("small"), small_segmenter()
    embedding = segmenter.embed(image)
    assert catalogue.own.loads == ["cpu"]  # in this process; the other one has its own list
    assert [(duration, name) for duration, name, _ in lending.asked] == [(SECONDS, plain.name)]
    assert embedding.image is image
    here = plain.embed(image)
    assert torch.equal(embedding.features.embedding, here.features.embedding)
    prompt = Prompt.point(30, 20)
    assert np.array_equal(
        segmenter.predict(embedding, prompt).data, plain.predict(here, prompt).data
    )


def test_clicks_and_warming_up_borrow_nothing(catalogue, lending, image):
    segmenter = catalogue.load("small")
    embedding = segmenter.embed(image)
    del lending.asked[:]
    catalogue.warm_up(segmenter)
    segmenter.predict(embedding, Prompt.point(30, 20))
    segmenter.predict_batch(embedding, [Prompt.point(30, 20), Prompt.point(50, 40)])
    assert lending.asked == []


def test_without_quota_the_photo_is_read_here_and_the_log_says_so(
    catalogue, lending, image, caplog
):
    lending.refusal = "You have exceeded your quota"
    embedding = catalogue.load("small").embed(image)
    here = small_segmenter().embed(image)
    assert torch.equal(embedding.features.embedding, here.features.embedding)
    assert "no GPU was lent" in caplog.text and "exceeded your quota" in caplog.text


def test_what_is_no_photo_is_refused_as_it_would_be_here(catalogue):
    with pytest.raises(InvalidImage):
        catalogue.load("small").embed(np.zeros((4, 4), np.float32))


def test_the_visitor_pays_for_the_own_photo(catalogue, lending, image):
    engine = Engine(catalogue, model="efficient_sam_ti")
    engine.models._start()
    VISITOR.set("ada")
    engine.predict(engine.open_photo(image), Prompt.point(30, 20))
    assert [visitor for *_, visitor in lending.asked] == ["ada"]


def test_tensors_come_back_in_the_precision_of_the_processor():
    read = small_segmenter().embed(np.zeros((60, 80, 3), np.uint8))
    moved = on_cpu(read, "bf16")
    assert moved.features.embedding.dtype == torch.bfloat16
    assert type(moved.context) is type(read.context)
    assert moved.context.grid_hw == read.context.grid_hw
    assert moved.digest == read.digest


def test_nobody_lends_elsewhere(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert lender() is None


def test_on_zero_gpu_the_package_lends_and_auto_means_the_processor(monkeypatch, lending):
    module = ModuleType("spaces")
    module.GPU = lending.GPU
    monkeypatch.setitem(sys.modules, "spaces", module)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # as the package pretends
    assert lender() == lending.GPU
    assert choose_device("auto") in ("cpu", "mps")
