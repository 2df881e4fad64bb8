from pathlib import Path

from django.template import Context, Engine

from tests.reports.failures import outline_from, parts_from, report_from

HERE = __name__


class Order:
    @property
    def total(self) -> float:
        return 1 / 0


def render(folder: Path, name: str) -> str:
    return Engine(dirs=[str(folder)]).get_template(name).render(Context({"order": Order()}))


def test_lines_of_templates_are_shown_when_rendering_fails(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>\n{% include 'total.html' %}\n</p>")
    (tmp_path / "total.html").write_text("\n\n{% if order %}\n{{ order.total }}{% endif %}")

    report = report_from(render, tmp_path, "page.html")

    frames = [frame for frame in report.exceptions[0].frames if frame.module == "template"]
    assert [(frame.function, frame.lineno, frame.in_app) for frame in frames] == [
        ("page.html", 2, True),
        ("total.html", 3, True),
        ("total.html", 4, True),
    ]
    assert frames[0].context_line == "{% include 'total.html' %}"
    assert frames[0].pre_context == ("<p>",)
    assert frames[0].locals is None
    assert report.location == f"{HERE}.Order.total"


def test_template_counts_when_failures_are_grouped(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_text("{% if order %}{% url 'none' %}{% endif %}")

    first, second = parts_from(render, tmp_path, "a.html"), parts_from(render, tmp_path, "b.html")

    assert first[:-1] == second[:-1]
    assert (first[-1], second[-1]) == ("in template a.html", "in template b.html")


def test_template_is_left_alone_when_it_was_made_from_a_text() -> None:
    def fail() -> None:
        Engine().from_string("{{ order.total }}").render(Context({"order": Order()}))

    calls = outline_from(fail).raised.calls

    assert [call.place.function for call in calls if call.place.is_template] == ["<unknown source>"]
