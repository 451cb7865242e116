"""Downloads from a local server that fails in many ways."""

import errno
import hashlib
import io
import multiprocessing
import os
import socket
import threading
import zipfile

import pytest

from esam_core.errors import Cancelled, DownloadFailed, WeightsNotFound
from esam_core.weights import (
    WeightsFile,
    WeightsSource,
    download_weights,
    obtain_weights,
    transfer,
)
from esam_core.weights.download import _only_one
from tests.support.fault_server import Page, serve

BODY = bytes(range(256)) * 2600  # 650 KiB: three reads, so that a cut falls between them
OTHER = bytes(reversed(BODY))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def row(*urls: str, body: bytes = BODY, **source) -> WeightsFile:
    sources = tuple(WeightsSource(url, **source) for url in urls)
    return WeightsFile("w.pt", sources, len(body), hashlib.sha256(body).hexdigest())


def zipped(body: bytes, member: str = "w.pt") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, body)
    return stream.getvalue()


def blob_id(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def only_the_file(folder) -> bool:
    return [path.name for path in folder.iterdir()] == ["w.pt"]


def test_file_arrives_in_the_cache_with_progress_and_nothing_else_stays(tmp_path):
    steps = []
    with serve({"/w.pt": Page(BODY)}) as host:
        path = download_weights(row(f"{host}/w.pt"), progress=lambda *step: steps.append(step))
    assert path == tmp_path / "cache" / "w.pt"
    assert path.read_bytes() == BODY
    assert only_the_file(path.parent)
    assert steps[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_file_that_is_there_already_is_not_fetched_again(tmp_path):
    page = Page(BODY)
    with serve({"/w.pt": page}) as host:
        for _ in range(2):
            download_weights(row(f"{host}/w.pt"), folder=tmp_path)
    assert len(page.requests) == 1


def test_wrong_file_under_the_right_name_is_replaced(tmp_path):
    (tmp_path / "w.pt").write_bytes(OTHER)
    with serve({"/w.pt": Page(BODY)}) as host:
        download_weights(row(f"{host}/w.pt"), folder=tmp_path)
    assert (tmp_path / "w.pt").read_bytes() == BODY


def test_second_source_is_used_when_the_first_has_no_such_file(tmp_path):
    with serve({"/good": Page(BODY)}) as host:
        path = download_weights(row(f"{host}/gone", f"{host}/good"), folder=tmp_path)
    assert path.read_bytes() == BODY


def test_second_source_goes_on_where_the_first_broke_for_good(tmp_path):
    first, second = Page(BODY, cut_at=300_000, cuts=99, ranges=False), Page(BODY)
    with serve({"/a": first, "/b": second}) as host:
        path = download_weights(row(f"{host}/a", f"{host}/b"), folder=tmp_path)
    assert path.read_bytes() == BODY
    assert second.requests[0]["range"] == "bytes=300000-"


def test_broken_transfer_is_resumed_with_range_and_if_range(tmp_path):
    page = Page(BODY, cut_at=250_000, cuts=2, etag='"v1"')
    with serve({"/w": page}) as host:
        path = download_weights(row(f"{host}/w"), folder=tmp_path)
    assert path.read_bytes() == BODY
    assert [r.get("range") for r in page.requests] == [None, "bytes=250000-", "bytes=500000-"]
    assert page.requests[1]["if-range"] == '"v1"'


def test_weak_etag_is_not_sent_back(tmp_path):
    page = Page(BODY, cut_at=250_000, etag='W/"v1"')
    with serve({"/w": page}) as host:
        download_weights(row(f"{host}/w"), folder=tmp_path)
    assert "if-range" not in page.requests[1]


def test_later_call_resumes_what_an_earlier_one_left(tmp_path):
    (tmp_path / "w.pt.part").write_bytes(BODY[:1000])
    page = Page(BODY)
    with serve({"/w": page}) as host:
        path = download_weights(row(f"{host}/w"), folder=tmp_path)
    assert path.read_bytes() == BODY
    assert page.requests[0]["range"] == "bytes=1000-"
    assert only_the_file(tmp_path)


def test_complete_part_needs_only_its_check(tmp_path):
    (tmp_path / "w.pt.part").write_bytes(BODY)
    with serve({}) as host:
        path = download_weights(row(f"{host}/w"), folder=tmp_path)
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("left", [OTHER[:1000], BODY + b"x", OTHER])
def test_part_of_another_file_is_thrown_away_and_fetched_anew(tmp_path, left):
    (tmp_path / "w.pt.part").write_bytes(left)
    with serve({"/w": Page(BODY)}) as host:
        path = download_weights(row(f"{host}/w"), folder=tmp_path)
    assert path.read_bytes() == BODY


def test_server_that_ignores_ranges_sends_it_all_again(tmp_path):
    (tmp_path / "w.pt.part").write_bytes(BODY[:1000])
    with serve({"/w": Page(BODY, ranges=False)}) as host:
        assert download_weights(row(f"{host}/w"), folder=tmp_path).read_bytes() == BODY


def test_reply_with_another_range_is_not_used(tmp_path):
    (tmp_path / "w.pt.part").write_bytes(BODY[:1000])
    with (
        serve({"/w": Page(BODY, wrong_range=True)}) as host,
        pytest.raises(DownloadFailed, match="another range"),
    ):
        download_weights(row(f"{host}/w"), folder=tmp_path)
    assert (tmp_path / "w.pt.part").read_bytes() == BODY[:1000]


def test_reply_without_a_length_is_accepted(tmp_path):
    with serve({"/w": Page(BODY, declare_length=False)}) as host:
        assert download_weights(row(f"{host}/w"), folder=tmp_path).read_bytes() == BODY


def test_redirect_is_followed_and_keeps_the_range(tmp_path):
    target = Page(BODY, cut_at=250_000)
    pages = {"/b": target}
    with serve(pages) as host:
        pages["/a"] = Page(redirect=f"{host}/b?signed=1")
        assert download_weights(row(f"{host}/a"), folder=tmp_path).read_bytes() == BODY
    assert target.requests[1]["range"] == "bytes=250000-"


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/w"])
def test_redirect_away_from_the_web_is_not_followed(tmp_path, target):
    with serve({"/a": Page(redirect=target)}) as host, pytest.raises(DownloadFailed):
        download_weights(row(f"{host}/a"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_web_addresses_are_fetched(tmp_path):
    (tmp_path / "source").write_bytes(BODY)
    with pytest.raises(DownloadFailed, match="only http and https"):
        download_weights(row((tmp_path / "source").as_uri()), folder=tmp_path / "to")


def test_wrong_digest_deletes_the_part_and_is_reported(tmp_path):
    with (
        serve({"/w": Page(OTHER)}) as host,
        pytest.raises(DownloadFailed, match="digest mismatch .sha256"),
    ):
        download_weights(row(f"{host}/w"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [BODY + b"more", BODY[:-1]])
def test_wrong_size_is_refused_before_anything_is_fetched(tmp_path, body):
    with (
        serve({"/w": Page(body)}) as host,
        pytest.raises(DownloadFailed, match=r"the server offers [\d,]+ bytes, expected 665,600"),
    ):
        download_weights(row(f"{host}/w"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_endless_reply_is_stopped_at_the_expected_size(tmp_path):
    with (
        serve({"/w": Page(BODY * 3, declare_length=False)}) as host,
        pytest.raises(DownloadFailed, match="sends more than"),
    ):
        download_weights(row(f"{host}/w"), folder=tmp_path)
    assert (tmp_path / "w.pt.part").stat().st_size == 0


def test_silent_server_is_a_timeout_not_a_hang(tmp_path):
    with (
        serve({"/w": Page(hang=1.0)}) as host,
        pytest.raises(DownloadFailed, match="timeout, no answer for 0.2 seconds"),
    ):
        download_weights(row(f"{host}/w"), folder=tmp_path, timeout=0.2)


def test_after_a_stalled_transfer_the_next_source_is_tried(tmp_path):
    with serve({"/slow": Page(BODY, slow=1.0, ranges=False), "/good": Page(BODY)}) as host:
        file = row(f"{host}/slow", f"{host}/good")
        assert download_weights(file, folder=tmp_path, timeout=0.2).read_bytes() == BODY


def test_every_source_is_named_with_its_own_failure(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/w"
    with serve({"/bad": Page(OTHER), "/busy": Page(status=503)}) as host:
        file = row(closed, f"{host}/gone", f"{host}/busy", f"{host}/bad")
        with pytest.raises(DownloadFailed) as caught:
            download_weights(file, folder=tmp_path)
    message = str(caught.value)
    assert f"{closed}: no connection (Connection refused)" in message
    assert f"{host}/gone: HTTP 404" in message
    assert f"{host}/busy: HTTP 503" in message
    assert f"{host}/bad: digest mismatch" in message
    assert "HTTPS_PROXY" in message
    assert str(tmp_path) in message


def test_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    page = Page(BODY)
    with serve({"http://weights.invalid/w": page}) as host:
        monkeypatch.setenv("http_proxy", host)
        path = download_weights(row("http://weights.invalid/w"), folder=tmp_path)
    assert path.read_bytes() == BODY
    assert page.requests[0]["host"] == "weights.invalid"


def test_full_disk_ends_the_download_at_once_and_keeps_the_part(tmp_path, monkeypatch):
    opened = transfer._writable

    def filling_up(part, *, append):
        stream = opened(part, append=append)

        class Full:
            name = stream.name

            def write(self, data):
                if stream.tell() >= 200_000:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return stream.write(data[:100_000])

            def __enter__(self):
                return self

            def __exit__(self, *_):
                stream.close()

        return Full()

    page, never = Page(BODY), Page(BODY)
    with serve({"/a": page, "/b": never}) as host:
        file = row(f"{host}/a", f"{host}/b")
        monkeypatch.setattr(transfer, "_writable", filling_up)
        with pytest.raises(DownloadFailed, match="the disk is full"):
            download_weights(file, folder=tmp_path)
        assert never.requests == []
        assert (tmp_path / "w.pt.part").stat().st_size == 200_000
        monkeypatch.setattr(transfer, "_writable", opened)
        assert download_weights(file, folder=tmp_path).read_bytes() == BODY
    assert page.requests[-1]["range"] == "bytes=200000-"


def test_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadFailed, match="cannot write"):
        download_weights(row("http://127.0.0.1:9/w"), folder=tmp_path / "file" / "below")


def test_esam_weights_that_is_no_folder_is_not_created(tmp_path, monkeypatch):
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / "typo"))
    with pytest.raises(DownloadFailed, match="ESAM_WEIGHTS names .*typo"):
        download_weights(row("http://127.0.0.1:9/w"))
    assert not (tmp_path / "typo").exists()


def test_file_is_downloaded_only_when_that_is_allowed(tmp_path):
    page = Page(BODY)
    with serve({"/w": page}) as host:
        file = row(f"{host}/w")
        with pytest.raises(WeightsNotFound):
            obtain_weights(file)
        assert page.requests == []
        for _ in range(2):
            assert obtain_weights(file, download=True).read_bytes() == BODY
        (tmp_path / "cache" / "w.pt").write_bytes(OTHER)
        assert obtain_weights(file, download=True).read_bytes() == BODY
    assert len(page.requests) == 2


def test_an_empty_folder_named_by_esam_weights_is_downloaded_to(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / "mine"))
    with serve({"/w": Page(BODY)}) as host:
        assert obtain_weights(row(f"{host}/w"), download=True) == tmp_path / "mine" / "w.pt"


def test_bundled_file_has_nothing_to_download():
    with pytest.raises(DownloadFailed, match="comes with the project"):
        download_weights(row())


def test_cancelling_keeps_what_came_so_far(tmp_path):
    def stop(done: int, total: int) -> None:
        raise Cancelled("enough")

    with serve({"/w": Page(BODY)}) as host, pytest.raises(Cancelled):
        download_weights(row(f"{host}/w"), folder=tmp_path, progress=stop)
    left = (tmp_path / "w.pt.part").read_bytes()
    assert left
    assert BODY.startswith(left)


# Archives


def test_zipped_source_is_checked_by_git_blob_and_unpacked(tmp_path):
    archive = zipped(BODY)
    with serve({"/w.zip": Page(archive, cut_at=500)}) as host:
        file = row(f"{host}/w.zip", member="w.pt", git_blob=blob_id(archive))
        assert download_weights(file, folder=tmp_path).read_bytes() == BODY
    assert only_the_file(tmp_path)


@pytest.mark.parametrize(
    ("archive", "digest_of", "message"),
    [
        (zipped(BODY), b"something else", "digest mismatch .git blob"),
        (zipped(OTHER), None, "inside the archive: digest mismatch"),
        (zipped(BODY, "other.pt"), None, "does not hold w.pt"),
        (b"no archive", None, "does not hold w.pt"),
    ],
)
def test_bad_archive_is_refused_and_leaves_nothing(tmp_path, archive, digest_of, message):
    with serve({"/w.zip": Page(archive)}) as host:
        file = row(f"{host}/w.zip", member="w.pt", git_blob=blob_id(digest_of or archive))
        with pytest.raises(DownloadFailed, match=message):
            download_weights(file, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_md5_of_a_source_is_checked_too(tmp_path):
    with serve({"/w": Page(BODY)}) as host:
        good = hashlib.md5(BODY).hexdigest()
        assert download_weights(row(f"{host}/w", md5=good), folder=tmp_path).exists()
        with pytest.raises(DownloadFailed, match="digest mismatch .md5"):
            download_weights(row(f"{host}/w", md5="0" * 32), folder=tmp_path / "b")


# Several at once


def test_threads_that_want_the_same_file_fetch_it_once(tmp_path):
    page = Page(BODY, slow=0.3)
    results: list = []
    with serve({"/w": page}) as host:
        file = row(f"{host}/w")
        threads = [
            threading.Thread(target=lambda: results.append(download_weights(file, folder=tmp_path)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [path.read_bytes() for path in results] == [BODY] * 4
    assert len(page.requests) == 1
    assert only_the_file(tmp_path)


def test_processes_that_want_the_same_file_do_not_corrupt_it(tmp_path):
    page = Page(BODY, slow=0.3, cut_at=400_000)
    with serve({"/w": page}) as host:
        context = multiprocessing.get_context("spawn")
        workers = [
            context.Process(
                target=download_weights, args=(row(f"{host}/w"),), kwargs={"folder": tmp_path}
            )
            for _ in range(2)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert (tmp_path / "w.pt").read_bytes() == BODY
    assert len(page.requests) == 2  # one cut and its continuation


def test_lock_file_left_by_a_crash_does_not_block(tmp_path):
    (tmp_path / "w.pt.lock").touch()
    with serve({"/w": Page(BODY)}) as host:
        assert download_weights(row(f"{host}/w"), folder=tmp_path).exists()


def test_lock_admits_one_at_a_time(tmp_path):
    inside, most = [], []

    def enter() -> None:
        for _ in range(20):
            with _only_one(tmp_path / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert len(most) == 80
