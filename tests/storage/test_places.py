import os
import stat
from pathlib import Path

import pytest
from django.conf import settings

from errorkit.exceptions import SpoolError
from errorkit.storage.mounts import NETWORK, file_system_of
from errorkit.storage.places import insist_on_own_file, site_key, spool_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_lies_in_a_private_folder_when_the_folder_is_given(tmp_path: Path) -> None:
    path = spool_file(str(tmp_path / "state"))
    insist_on_own_file(path)

    key = site_key(settings.DATABASES)
    assert path == tmp_path / "state" / "errorkit" / key / f"{os.getuid()}.sqlite3"
    assert [mode_of(each) for each in (path.parent.parent, path.parent, path)] == [
        0o700,
        0o700,
        0o600,
    ]


@pytest.mark.parametrize("variable", ["STATE_DIRECTORY", "XDG_STATE_HOME"])
def test_folder_is_the_services_own_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv(variable, f"{tmp_path}:/elsewhere")

    assert spool_file("").parent.parent.parent == tmp_path


def test_folder_is_temporary_with_a_warning_when_there_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(file))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.warns(RuntimeWarning, match="SPOOL_DIR"):
        path = spool_file("")

    assert path.is_relative_to(tmp_path / f"errorkit-{os.getuid()}")


def test_site_keys_differ_when_the_databases_do() -> None:
    one = {"default": {"ENGINE": "sqlite3", "NAME": "a", "PASSWORD": "secret"}}
    other = {"default": {"ENGINE": "sqlite3", "NAME": "b"}}

    assert site_key(one) != site_key(other)
    assert site_key(one) == site_key({"default": {"ENGINE": "sqlite3", "NAME": "a"}})


def test_folder_is_refused_when_it_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "errorkit").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SpoolError, match="link"):
        spool_file(str(tmp_path))


def test_folder_is_closed_when_others_could_read_it(tmp_path: Path) -> None:
    (tmp_path / "errorkit").mkdir(mode=0o755)

    spool_file(str(tmp_path))

    assert mode_of(tmp_path / "errorkit") == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_folder_is_refused_when_it_belongs_to_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "errorkit").mkdir()
    os.chown(tmp_path / "errorkit", 12345, -1)

    with pytest.raises(SpoolError, match="another user"):
        spool_file(str(tmp_path))


def test_file_is_refused_when_it_is_a_link_or_has_two_names(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    (tmp_path / "symbolic").symlink_to(target)
    os.link(target, tmp_path / "hard")

    for name in ("symbolic", "hard"):
        with pytest.raises(SpoolError):
            insist_on_own_file(tmp_path / name)


def test_folder_is_refused_when_it_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SpoolError):
        spool_file(str(tmp_path / "file"))


def test_network_file_systems_are_told_apart_when_mounts_are_nested(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
        "90 22 0:45 / /srv rw,relatime shared:2 - nfs4 files:/srv rw,vers=4.2\n"
        "91 90 0:46 / /srv/my\\040disk rw,relatime - xfs /dev/vdb rw\n"
    )

    kinds = [
        file_system_of(Path(folder), mounts)
        for folder in ("/var/lib", "/srv/state", "/srv/my disk/state", "/srvother")
    ]

    assert kinds == ["ext4", "nfs4", "xfs", "ext4"]
    assert "nfs4" in NETWORK
    assert file_system_of(Path("/"), tmp_path / "missing") == ""
