"""Busy neighbours: the table shows the fair share, and the neighbours end with the block."""

import subprocess
import sys

import pytest

from esam_core.benchmark import busy as bench
from esam_core.benchmark.busy import BusyRow, as_table, busy
from esam_core.errors import InvalidSettings
from tests.core.benchmark.test_everything import parsed


def test_a_fair_share_grows_with_the_neighbours():
    rows = [
        BusyRow("click", "default", 0, (0.1, 0.2, 0.3)),
        BusyRow("click", "ours", 2, (0.4,)),
        BusyRow("click", "one thread", 2, (0.8,)),
    ]
    quiet, fair, slow = as_table(rows, cores=2).splitlines()[1:]
    assert quiet.split()[-3:] == ["200", "ms", "1.00"]
    assert fair.split()[-3:] == ["400", "ms", "1.00"]
    assert slow.split()[-3:] == ["800", "ms", "2.00"]


def test_neighbours_end_with_the_block(monkeypatch):
    started = []
    popen = subprocess.Popen

    def start(*args, **options):
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with busy(2):
        assert [process.poll() for process in started] == [None, None]
    assert all(process.poll() is not None for process in started)


def test_every_setting_runs_beside_every_number_of_neighbours(monkeypatch):
    answer = 'import sys\nfor _ in sys.stdin: print(\'{"click": 1, "everything": 2}\', flush=True)'
    popen = subprocess.Popen

    def start(words, **options):
        return popen([sys.executable, "-c", answer] if "stdin" in options else words, **options)

    monkeypatch.setattr(subprocess, "Popen", start)
    rows = bench.measure([0, 1], repeats=2)
    assert {(r.stage, r.setting, r.neighbours) for r in rows} == {
        (stage, setting, count)
        for stage in bench.STAGES
        for setting in bench.SETTINGS
        for count in (0, 1)
    }
    assert all(r.seconds == ((1, 1) if r.stage == "click" else (2, 2)) for r in rows)


@pytest.mark.parametrize("words", [("--neighbours", "x"), ("--repeats", "0")])
def test_wrong_options_are_refused(words):
    with pytest.raises(InvalidSettings, match=words[0]):
        bench.run(parsed(*words, of=bench))
