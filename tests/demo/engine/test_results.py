"""Results by photo, and stopping long work by photo and mode."""

from demo.engine.results import ResultStore, RunningTasks


def test_the_longest_unused_results_are_forgotten_first():
    results = ResultStore(max_bytes=100)
    results.put("a", "A", 40)
    results.put("b", "B", 40)
    assert results.get("a") == "A"
    results.put("c", "C", 40)
    assert [results.get(token) for token in "abc"] == ["A", None, "C"]


def test_new_work_of_a_mode_stops_its_old_work_only():
    tasks = RunningTasks()
    old, other = tasks.begin("photo", "text"), tasks.begin("photo", "everything")
    new = tasks.begin("photo", "text")
    assert old.is_set() and not new.is_set() and not other.is_set()
    tasks.end("photo", "text", old)  # late: the new one stays
    tasks.stop("photo", "text")
    assert new.is_set() and not other.is_set()


def test_leaving_a_photo_stops_all_its_work_and_no_other():
    tasks = RunningTasks()
    mine = [tasks.begin("mine", mode) for mode in ("text", "everything")]
    other = tasks.begin("other", "text")
    tasks.stop("mine")
    assert all(stopped.is_set() for stopped in mine) and not other.is_set()
    tasks.stop("unknown")
    for mode, stopped in zip(("text", "everything"), mine, strict=True):
        tasks.end("mine", mode, stopped)
    tasks.end("other", "text", other)
    assert len(tasks) == 0
