"""`python -m tests.servers`: start what this machine lacks, until told to end."""

import signal
from types import FrameType

from tests.servers import EVERY_SERVER, Server, listens


def main() -> None:
    """Start what is missing on its usual port, say so, and end it when told to end."""
    started: list[Server] = []

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    try:
        for kind in EVERY_SERVER:
            if listens(kind.default_port):
                print(f"{kind.name} is there", flush=True)
                continue
            server = kind(port=kind.default_port)
            started.append(server)
            server.start()
            print(f"{kind.name} started on port {server.port}", flush=True)
        print("ready", flush=True)
        if started:
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        for server in started:
            server.close()


main()
