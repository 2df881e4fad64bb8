"""Where the spool lies: a private folder that belongs to us alone."""

import contextlib
import hashlib
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from errorkit.exceptions import SpoolError
from errorkit.storage.mounts import NETWORK, file_system_of


def spool_file(configured: str | None) -> Path:
    """Return the path of this site's and user's spool file in a folder that is safe to use; makes the folder.

    `configured` is SPOOL_DIR: a folder, or empty to look for one. Raises SpoolError where no folder can be used.
    """
    if configured is None:
        raise SpoolError("SPOOL_DIR is None")
    if configured:
        return _claim(Path(configured).absolute()) / _name()
    for folder in _candidates():
        try:
            return _claim(folder) / _name()
        except SpoolError:
            continue
    return _claim(_temporary()) / _name()


def lasting_folder() -> Path | None:
    """Return where the spool would lie without SPOOL_DIR, None if only the folder for temporary files is left; makes nothing."""
    for folder in _candidates():
        ground = next(each for each in (folder, *folder.parents) if each.exists())
        if ground.is_dir() and os.access(ground, os.W_OK | os.X_OK):
            return folder
    return None


def _candidates() -> Iterator[Path]:
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        # systemd separates several state directories by a colon; the first is the unit's own.
        folder = os.environ.get(variable, "").split(":")[0]
        if folder:
            yield Path(folder)
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises for a user without an entry
    if os.path.isabs(home):  # noqa: PTH117
        yield Path(home) / ".local" / "state"


def _temporary() -> Path:
    folder = Path(tempfile.gettempdir()) / f"errorkit-{_user()}"
    warnings.warn(
        f"errorkit keeps its spool in {folder}, which a restart may empty: set ERRORKIT['SPOOL_DIR'].",
        RuntimeWarning,
        stacklevel=2,
    )
    return folder


def _claim(folder: Path) -> Path:
    """Make `<folder>/errorkit/<site>` and return it; both levels are ours and closed to others."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in ("errorkit", site_key(settings.DATABASES)):
            folder = folder / part
            folder.mkdir(mode=0o700, exist_ok=True)
            _insist_on_private(folder)
    except OSError as error:
        raise SpoolError(f"{folder}: {error.strerror or error}") from error
    if (kind := file_system_of(folder)) in NETWORK:
        raise SpoolError(
            f"{folder} is on a network file system ({kind}), where SQLite's locks do not hold"
        )
    return folder


def _insist_on_private(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise SpoolError(f"{folder} is a link or no folder")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise SpoolError(f"{folder} belongs to another user")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def insist_on_own_file(path: Path) -> None:
    """Create the file if it is missing; raises SpoolError unless it is a plain file of ours with one name."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise SpoolError(f"{path}: {error.strerror or error}") from error
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise SpoolError(f"{path} is no plain file")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise SpoolError(f"{path} belongs to another user")
    if found.st_mode & 0o077:
        path.chmod(0o600)


def set_aside(path: Path) -> None:
    """Give a damaged spool, with what belongs to it, another name; nothing is deleted."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            Path(f"{path}{ending}").rename(f"{path}.damaged-{stamp}{ending}")


def site_key(databases: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what tells this site's spool from that of another site of the same user; passwords play no part."""
    parts = [
        "|".join([alias, *(str(entry.get(key, "")) for key in ("ENGINE", "HOST", "PORT", "NAME"))])
        for alias, entry in sorted(databases.items())
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _name() -> str:
    return f"{_user()}.sqlite3"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
