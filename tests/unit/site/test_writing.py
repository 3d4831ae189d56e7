"""The folder of the site: whole or not at all."""

import os

import pytest

from playbook.core.errors import UsageError
from playbook.site.writing import MARKER, write_folder


def test_build_replaces_previous_site_completely(tmp_path):
    """A page that is no longer made does not stay."""
    folder = tmp_path / "site"
    write_folder(folder, {"old.html": b"1", "a/b.html": b"2"})
    write_folder(folder, {"new.html": b"3"})
    assert sorted(file.name for file in folder.iterdir()) == [MARKER, "new.html"]
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("content", ["file", "folder"])
def test_foreign_folder_is_not_overwritten(tmp_path, content):
    """A slip in --to must not cost a home folder."""
    folder = tmp_path / "home"
    if content == "file":
        folder.write_text("precious")
    else:
        folder.mkdir()
        (folder / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="home"):
        write_folder(folder, {"index.html": b""})
    assert [file.name for file in tmp_path.iterdir()] == ["home"]
    assert (folder if content == "file" else folder / "thesis.tex").read_text() == "precious"


def test_failed_build_keeps_old_pages(tmp_path):
    """Nothing half-made is seen, and nothing is left over."""
    folder = tmp_path / "site"
    write_folder(folder, {"index.html": b"old"})
    with pytest.raises(UsageError, match="cannot be written"):
        write_folder(folder, {"index.html": b"new", "index.html/below": b""})
    assert (folder / "index.html").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_old_pages_are_restored_if_final_rename_fails(tmp_path, monkeypatch):
    """The last step fails after the old folder was moved away."""
    folder = tmp_path / "site"
    write_folder(folder, {"index.html": b"old"})
    replace = type(folder).replace

    def refuse_new(self, target):
        if target == folder and not self.name.endswith("-old"):
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(type(folder), "replace", refuse_new)
    with pytest.raises(UsageError, match="Input/output error"):
        write_folder(folder, {"index.html": b"new"})
    assert (folder / "index.html").read_bytes() == b"old"


def test_copies_contain_regular_files_only(tmp_path):
    """A link could lead out of the folder; reading a pipe would never end."""
    report = tmp_path / "report"
    (report / "records").mkdir(parents=True)
    (report / "records" / "1.json").write_text("{}")
    (report / "secret").symlink_to("/etc/passwd")
    (report / "up").symlink_to("..", target_is_directory=True)
    os.mkfifo(report / "pipe")
    write_folder(tmp_path / "site", {}, {"runs/report": report})
    found = sorted(str(file.relative_to(tmp_path / "site")) for file in (tmp_path / "site").rglob("*"))
    assert found == [MARKER, "runs", "runs/report", "runs/report/records", "runs/report/records/1.json"]


def test_empty_folder_can_become_site(tmp_path):
    """As a checkout of a new branch is."""
    (tmp_path / "site").mkdir()
    write_folder(tmp_path / "site", {"index.html": b"1"})
    assert (tmp_path / "site" / "index.html").is_file()


def test_files_are_written_as_they_are_produced(tmp_path):
    """The one before is there when the next is made; their number is reported."""
    seen = []

    def made():
        yield "first.html", b"1"
        seen.extend(path.name for path in tmp_path.rglob("first.html"))
        yield "second.html", b"2"

    assert write_folder(tmp_path / "site", made()) == 2
    assert seen == ["first.html"]
    assert (tmp_path / "site" / "second.html").read_bytes() == b"2"
