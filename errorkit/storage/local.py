"""This process's spool: opened when it is first needed, once per process, and again when the settings or the file change."""

import logging
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from errorkit.conf import Config, get_config
from errorkit.exceptions import BusySpoolError, CorruptSpoolError, SpoolError
from errorkit.storage.places import set_aside, spool_file
from errorkit.storage.spool import Spool

logger = logging.getLogger("errorkit")

HOLD_OFF = 30.0  # seconds for which a spool that failed is left alone
BUSY_HOLD_OFF = 1.0  # the same for one that others held while it was to be opened
WARN_EVERY = 1800.0  # seconds until the same problem is worth another line in the log


@dataclass(slots=True)
class _Holder:
    lock: threading.Lock = field(default_factory=threading.Lock)
    config: Config | None = None
    spool: Spool | None = None
    inode: int = 0
    closed_until: float = 0.0
    # An open spool has failed: what is in it waits until it can be opened again.
    broke_off: bool = False
    problem: str = ""
    warned: str = ""
    warned_at: float = 0.0


_holder = _Holder()
# A connection that came through a fork belongs to the parent: the child neither uses nor closes it, and so must not let it be collected.
_inherited: list[Spool] = []


def local_spool() -> Spool | None:
    """Return the spool, or None where none can be used now; never raises."""
    config = get_config()
    holder = _holder
    if holder.config is config:
        if holder.spool is not None and _inode(holder.spool.path) == holder.inode:
            return holder.spool
        if holder.spool is None and time.monotonic() < holder.closed_until:
            return None
    with holder.lock:
        return _open(holder, config)


def may_be_usable() -> bool:
    """Return whether it is worth trying the spool; `local_spool` then tells whether its file is still there, which costs a system call."""
    return _holder.spool is not None or local_spool() is not None


def spool_problem() -> str:
    """Return why the spool cannot be used, or an empty text."""
    return _holder.problem


def is_resting() -> bool:
    """Return whether a spool with reports in it may be left alone just now because it has failed."""
    return _holder.broke_off


def has_leftovers() -> bool:
    """Return whether something in the spool waits for the database, as far as one can see."""
    spool = local_spool()
    try:
        return spool is not None and not spool.is_empty()
    except SpoolError:
        return False


def let_rest(error: SpoolError) -> None:
    """Leave this process's spool alone for a while because of this error."""
    if (spool := _holder.spool) is not None:
        give_up(spool, error)


def give_up(spool: Spool, error: SpoolError) -> None:
    """Leave a spool that has just failed alone for a while, unless it was only busy."""
    if isinstance(error, BusySpoolError):
        return
    holder = _holder
    with holder.lock:
        if holder.spool is spool:
            damaged = isinstance(error, CorruptSpoolError) and _inode(spool.path) == holder.inode
            holder.spool, holder.broke_off = None, True
            _note(holder, error)
            spool.close()
            if damaged:
                set_aside(spool.path)


def close_local_spool() -> None:
    """Close the file; the next use opens it again."""
    holder = _holder
    with holder.lock:
        if holder.spool is not None:
            holder.spool.close()
        holder.config = holder.spool = None
        holder.problem, holder.broke_off = "", False


def _open(holder: _Holder, config: Config) -> Spool | None:
    if holder.config is config:
        if holder.spool is not None and _inode(holder.spool.path) == holder.inode:
            return holder.spool  # another thread was faster
        if holder.spool is None and time.monotonic() < holder.closed_until:
            return None
    if holder.spool is not None:
        holder.spool.close()
    holder.config, holder.spool = config, None
    try:
        holder.spool = _open_spool(spool_file(config.spool_dir), config.limits.spool_bytes)
    except SpoolError as error:
        _note(holder, error, expected=config.spool_dir is None)
        return None
    holder.inode = _inode(holder.spool.path)
    holder.problem, holder.broke_off = "", False
    return holder.spool


def _open_spool(path: Path, byte_cap: int) -> Spool:
    inode = _inode(path)
    try:
        return Spool(path, byte_cap=byte_cap)
    except CorruptSpoolError as error:
        # Another process that found it damaged may have put a sound one in its place by now.
        if _inode(path) == inode:
            logger.warning("The spool is damaged and was set aside: %s", error)
            set_aside(path)
        return Spool(path, byte_cap=byte_cap)


def _note(holder: _Holder, error: SpoolError, *, expected: bool = False) -> None:
    busy = isinstance(error, BusySpoolError)
    holder.closed_until = time.monotonic() + (BUSY_HOLD_OFF if busy else HOLD_OFF)
    holder.problem = str(error)
    if not expected:
        _warn_once(holder)


def _warn_once(holder: _Holder) -> None:
    """Log it; a full disk lets the spool be opened again and again, and says so only once."""
    now = time.monotonic()
    if holder.warned == holder.problem and now - holder.warned_at < WARN_EVERY:
        return
    holder.warned, holder.warned_at = holder.problem, now
    logger.warning("The spool cannot be used: %s", holder.problem)


def _inode(path: Path) -> int:
    """Return the file's number, 0 if somebody has deleted it: SQLite would go on writing into the void."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116 - a third of the cost of Path.stat, in every failing request
    except OSError:
        return 0


def _start_afresh() -> None:
    global _holder  # noqa: PLW0603 - locks and connections of the parent are not ours
    if _holder.spool is not None:
        _inherited.append(_holder.spool)
    _holder = _Holder()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
