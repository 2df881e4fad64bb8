"""Source lines in colour, as HTML with classes, so that the style sheet alone decides how they look."""

from functools import lru_cache
from pathlib import PurePath

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

KEPT = 2_048  # pieces of source: a few megabytes, and many tracebacks
LEXERS = {".html": "html+django", ".txt": "text", ".xml": "xml", ".sql": "sql", ".js": "javascript"}


@lru_cache(maxsize=KEPT)
def highlight(lines: tuple[str, ...], filename: str) -> tuple[SafeString, ...]:
    """Return each of the lines as HTML; in the language that the name of the file says, else Python."""
    # Only a process that shows tracebacks needs them.
    from pygments import highlight as render
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(LEXERS.get(PurePath(filename).suffix, "python"), stripnl=False)
    formatter = HtmlFormatter(nowrap=True, classprefix="ek-hl-")
    text = "".join(f"{line}\n" for line in lines)
    coloured = render(text, lexer, formatter).split("\n")[:-1]
    if len(coloured) != len(lines):
        # Text with line ends of its own inside a line: no numbers would fit it any more.
        return tuple(escape(line) for line in lines)
    return tuple(mark_safe(line) for line in coloured)  # noqa: S308 - the formatter escapes
