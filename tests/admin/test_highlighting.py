import pytest

from errorkit.admin.highlighting import highlight
from tests.admin.pages import Markup

HOSTILE = '<img src=x onerror=alert(1)>"&'


def texts_of(coloured) -> list[str]:
    return [Markup(line).text for line in coloured]


@pytest.mark.parametrize("filename", ["shop/views.py", "cart.html", "query.sql", "no-such.kind"])
def test_lines_keep_their_text_when_they_are_coloured(filename) -> None:
    lines = (
        "",
        "def pay(total):",
        '    """Take',
        f"    {HOSTILE}",
        '    """',
        "\treturn total",
        "",
    )

    coloured = highlight(lines, filename)

    assert texts_of(coloured) == list(lines)
    assert not any("<img" in line for line in coloured)


def test_words_have_classes_and_no_styles_when_they_are_coloured() -> None:
    (line,) = highlight(("return pay(total)",), "shop/views.py")

    assert '<span class="ek-hl-k">return</span>' in line
    assert "style" not in line


@pytest.mark.parametrize("text", [f"a\nb {HOSTILE}", f"a\r\nb {HOSTILE}"])
def test_lines_are_escaped_and_plain_when_they_hold_line_ends(text) -> None:
    coloured = highlight((text, "pass"), "shop/views.py")

    assert len(coloured) == 2
    assert "<" not in coloured[0]
    assert texts_of(coloured)[1] == "pass"
