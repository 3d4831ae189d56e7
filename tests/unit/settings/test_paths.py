"""All paths in the settings start from the folder of the file that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.clients.log_files import FileLogs
from playbook.core.errors import Unreachable
from playbook.settings.loading import load
from playbook.settings.paths import _FILES

OWN = """
[targets.shop]
kind = "staging"
[targets.shop.web]
url = "https://shop.example"
ca = "certificates/web.pem"
sample_image = "~/photo.jpg"
[[targets.shop.web.also]]
name = "blog"
url = "https://blog.example"
health_path = "/"
ca = "certificates/blog.pem"
[targets.shop.redis]
ca = "/etc/redis.pem"
[targets.shop.logs]
files = ["logs/*.log", "/var/log/shop/**/*.log"]
[targets.shop.security]
auth_logs = ["auth.log*"]
[targets.shop.backups]
location = "${PLACE}"
[targets.shop.recovery]
restore_command = ["./restore.sh", "./not-a-program"]
disaster_command = ["bash", "restore.sh"]
valkey = "bin/valkey-server"
[targets.shop.npm]
project = "../web"
command = "npm"
[targets.shop.load]
history = "load"
[targets.shop.history]
folder = "history"
readings = "readings.jsonl"
[targets.shop.people]
roster = "people/roster.toml"
"""


def test_paths_start_from_the_folder_of_the_settings(tmp_path, monkeypatch):
    """Wherever the command is run; whole ones, addresses and programs of the path stay as they are."""
    folder = tmp_path / "[ops]"
    elsewhere = tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir()
    (folder / "playbook.toml").write_text(OWN)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", "/home/ops")
    for place, location in (("backups", f"{folder}/backups"), ("s3://shop/nightly", "s3://shop/nightly")):
        named = {"PLAYBOOK_CONFIG": "../[ops]/playbook.toml", "PLACE": place}
        settings = load("shop", environment=named)
        target = settings.target
        own = settings.folder.resolve()
        assert own == folder

        def whole(text: str | None) -> str:
            return str(Path(text or "").resolve())

        found = {
            "web.ca": (whole(target.web.ca), f"{folder}/certificates/web.pem"),
            "web.sample_image": (target.web.sample_image, "/home/ops/photo.jpg"),
            "web.also": (whole(target.web.also[0].ca), f"{folder}/certificates/blog.pem"),
            "redis.ca": (target.redis.ca, "/etc/redis.pem"),
            "logs.files": (target.logs.files[1], "/var/log/shop/**/*.log"),
            "backups.location": (
                target.backups.location if "://" in place else whole(target.backups.location),
                location,
            ),
            "recovery.records": (whole(target.recovery.records), f"{folder}/drills.jsonl"),
            "recovery.valkey": (whole(target.recovery.valkey), f"{folder}/bin/valkey-server"),
            "recovery.restore_command": (whole(target.recovery.restore_command[0]), f"{folder}/restore.sh"),
            "its words": (target.recovery.restore_command[1], "./not-a-program"),
            "recovery.disaster_command": (target.recovery.disaster_command, ("bash", "restore.sh")),
            "npm.project": (whole(target.npm.project), f"{tmp_path}/web"),
            "npm.command": (target.npm.command, "npm"),
            "load.history": (whole(settings.load.history), f"{folder}/load"),
            "history.readings": (whole(settings.history.readings), f"{folder}/readings.jsonl"),
        }
        assert {name: one for name, (one, _) in found.items()} == {name: one for name, (_, one) in found.items()}


def test_globs_start_there_too_and_say_where_they_looked(tmp_path, monkeypatch):
    """A folder with the signs of a glob in its name is no glob."""
    folder = tmp_path / "[ops]"
    (folder / "logs").mkdir(parents=True)
    (folder / "playbook.toml").write_text(OWN.replace('"/var/log/shop/**/*.log"', '"none/*.log"'))
    monkeypatch.chdir(tmp_path)
    target = load("shop", root=folder, environment={}).target
    logs = FileLogs(tuple(target.logs.files), target.logs)
    with pytest.raises(Unreachable, match=r"none/\*\.log, got no file that matches"):
        logs.kept()
    (folder / "logs" / "web.log").write_text("x\n")
    (found,) = logs.kept()
    assert found.path == folder / "logs" / "web.log"


def test_without_a_file_they_start_from_the_folder_it_was_looked_for_in(tmp_path):
    settings = load("production", root=tmp_path, environment={"BACKUP_LOCATION": "backups"})
    assert settings.target.backups.location == str(tmp_path / "backups")
    assert settings.target.recovery.records == str(tmp_path / "drills.jsonl")


def test_every_certificate_authority_is_such_a_path():
    target = load("sandbox", environment={}).target
    wanted = {f"{name}.ca" for name in target.__struct_fields__ if hasattr(getattr(target, name), "ca")}
    assert len(wanted) > 5
    assert wanted <= set(_FILES), wanted - set(_FILES)
