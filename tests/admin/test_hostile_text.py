"""Exception text is attacker text: whatever a field holds, the pages show it and nothing of it runs."""

import pytest

from tests.admin.hostile import CORPUS, make_rows
from tests.admin.pages import Markup, list_url, page_url


@pytest.fixture
def rows(db, hostile):
    return make_rows(hostile)


@pytest.mark.trap("T62")
@pytest.mark.parametrize("hostile", CORPUS.values(), ids=CORPUS.keys())
def test_nothing_runs_and_all_is_shown_when_every_field_is_hostile(rows, hostile, manager) -> None:
    urls = [page_url(row) for row in rows] + [
        f"{list_url()}?status=all",
        f"{list_url()}?status=all&q=zero+{hostile[:20]}".replace("#", ""),
        list_url("occurrence"),
        list_url("delivery"),
    ]
    for url in urls:
        response = manager.get(url, follow=True)
        markup = Markup(response.content.decode())

        assert response.status_code == 200
        assert markup.find_what_a_strict_policy_forbids() == []
        if "q=" not in url:
            assert hostile[:16] in markup.text
