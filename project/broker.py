"""A broker in a folder that a reader never finds half a message in.

kombu's own creates the file of a message and writes it afterwards; a worker that looks in between finds it empty, and ends with a JSONDecodeError.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Like kombu's; a message gets its name once it is whole."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        unfinished = folder / f".{uuid.uuid4()}"
        unfinished.write_text(dumps(message), encoding="utf-8")
        # Messages are taken in the order of their names, which begin with the time.
        unfinished.replace(folder / f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg")


class Transport(filesystem.Transport):
    """The transport of `folder://`."""

    Channel = Channel


TRANSPORT_ALIASES["folder"] = f"{__name__}:Transport"
