"""A host site as a person would make it: `startproject`, errorkit installed, real servers.

    site = make_site(engine="postgresql", settings={"ATOMIC_REQUESTS": True}, views=VIEWS, urls=URLS)
    site.start("gthread", workers=2)
    answer = site.get("/boom/", headers={"Accept": "text/html"})
    assert site.evaluate("Occurrence.objects.count()") == 1

`make_site` is a fixture (tests/conftest.py): it cleans up processes, files and databases.
"""

from tests.sites.site import Server, Site
from tests.sites.texts import LOG_TO_TERMINAL, URLS, VIEWS
from tests.sites.writing import write_site

__all__ = ["LOG_TO_TERMINAL", "URLS", "VIEWS", "Server", "Site", "write_site"]
