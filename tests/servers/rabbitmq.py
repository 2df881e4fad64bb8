"""RabbitMQ of our own."""

import os
import subprocess

from tests.servers.base import Server, free_port, listens


class RabbitMQ(Server):
    """User guest, password guest."""

    name = "RabbitMQ"
    default_port = 5672
    account = "rabbitmq"

    def prepare(self) -> None:
        # Erlang leaves its name server running; with one of our own, `close` can end it.
        self.epmd_port = str(free_port())
        config = self.folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.default = 127.0.0.1:{self.port}\n")
        config.chmod(0o644)

    def command(self) -> list[str]:
        # Debian's own wrapper would change the user, the folder and the log.
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environ(self) -> dict[str, str]:
        folder = str(self.folder)
        return dict(os.environ) | {
            "HOME": folder,
            "ERL_EPMD_PORT": self.epmd_port,
            "RABBITMQ_NODENAME": f"errorkit{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
        }

    def close(self) -> None:
        self.thaw()
        self.stop()
        subprocess.run(["epmd", "-port", self.epmd_port, "-kill"], capture_output=True, check=False)
        super().close()

    def answers(self) -> bool:
        return listens(self.port)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"
