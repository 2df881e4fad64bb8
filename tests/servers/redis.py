"""Redis of our own."""

from tests.servers.base import Server, listens, program


class Redis(Server):
    """Keeps nothing over a restart, as a broker at its worst."""

    name = "Redis"
    default_port = 6379

    def command(self) -> list[str]:
        return [
            *(program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--dir", str(self.folder), "--save", "", "--appendonly", "no"),
        ]

    def answers(self) -> bool:
        return listens(self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"
