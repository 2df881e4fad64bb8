"""Sites that are expensive to make are made once per module and kind."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sites import Site, write_site


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Return a function that gives the module's site of that name; the first call makes and starts it.

    Random order would make a parametrised module fixture over and over again; a cache does not mind.
    """
    made: dict[str, Site] = {}

    def share(name: str, *, server: str, **options: Any) -> Site:
        if name not in made:
            made[name] = write_site(tmp_path_factory.mktemp("site"), **options)
            made[name].start(server)
        return made[name]

    yield share
    for site in made.values():
        site.close()
