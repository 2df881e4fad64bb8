"""Bring errorkit's catalogues up to date with its texts, and compile them: `python -m project.catalogues` (`make messages`).

Translated is what the public and people on duty read: answers, mails, the pages behind their links. Admin and commands are English.
The .po files are the source: translate the empty entries by hand, then run it again. No gettext tools are needed.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

# The admin shows these: why a message was sent, or was not.
ENGLISH = {"reasons.py"}
PACKAGE = Path(__file__).resolve().parent.parent / "errorkit"
SOURCES = (
    "responses/*.py",
    "views/*.py",
    "delivery/**/*.py",
    "oncall/*.py",
    "models/transitions.py",
    "templates/errorkit/**/*.html",
)
CALLS = {"_", "gettext", "gettext_noop", "gettext_lazy", "ngettext", "pgettext"}
TAG = re.compile(r'{%\s*translate\s+"([^"]*)"')
PLACEHOLDERS = {
    "python-format": re.compile(r"%\(\w+\)"),
    "python-brace-format": re.compile(r"{\w+}"),
}


def main() -> int:
    """Write every catalogue; exit 1 if an entry has yet to be translated."""
    wanted = list(texts())
    untranslated = 0
    for path in paths():
        catalogue = updated(polib.pofile(str(path), wrapwidth=0), wanted)
        catalogue.save(str(path))
        path.with_suffix(".mo").write_bytes(catalogue.to_binary())
        for entry in catalogue.untranslated_entries():
            print(f"{path.relative_to(PACKAGE)}: {entry.msgid!r} is not translated")
            untranslated += 1
    return 1 if untranslated else 0


def paths() -> list[Path]:
    """Return the .po file of every language."""
    return sorted(PACKAGE.glob("locale/*/LC_MESSAGES/django.po"))


def texts() -> Iterator[polib.POEntry]:
    """Yield every text that is asked for, once, in the order of the code; without translations."""
    seen = set()
    for pattern in SOURCES:
        for path in sorted(PACKAGE.glob(pattern)):
            if path.name in ENGLISH:
                continue
            read = _in_template if path.suffix == ".html" else _in_code
            for entry in read(path.read_text()):
                if (entry.msgctxt, entry.msgid) not in seen:
                    seen.add((entry.msgctxt, entry.msgid))
                    yield entry


def updated(catalogue: polib.POFile, wanted: list[polib.POEntry]) -> polib.POFile:
    """Return the catalogue with exactly the wanted entries; what is translated stays so."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    made = polib.POFile(wrapwidth=0)
    made.header, made.metadata = catalogue.header, catalogue.metadata
    for text in wanted:
        old = known.get((text.msgctxt, text.msgid))
        made.append(
            polib.POEntry(
                msgctxt=text.msgctxt,
                msgid=text.msgid,
                msgid_plural=text.msgid_plural,
                msgstr=old.msgstr if old else "",
                msgstr_plural=old.msgstr_plural if old else _empty_forms(text, made),
                flags=[
                    flag
                    for flag, pattern in PLACEHOLDERS.items()
                    if pattern.search(text.msgid + text.msgid_plural)
                ],
            )
        )
    return made


def _empty_forms(text: polib.POEntry, catalogue: polib.POFile) -> dict[int, str]:
    """Return one empty text for each plural form of the language, if there is a plural."""
    number = re.search(r"nplurals=(\d)", catalogue.metadata["Plural-Forms"])
    return dict.fromkeys(range(int(number[1])), "") if number and text.msgid_plural else {}


def _in_template(source: str) -> Iterator[polib.POEntry]:
    for text in TAG.findall(source):
        yield polib.POEntry(msgid=text)


def _in_code(source: str) -> Iterator[polib.POEntry]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        name = getattr(node.func, "id", "")
        given = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if name not in CALLS or not given:
            continue
        first, second = str(given[0]), str(given[1]) if len(given) > 1 else ""
        if name == "pgettext":
            yield polib.POEntry(msgctxt=first, msgid=second)
        elif name == "ngettext":
            yield polib.POEntry(msgid=first, msgid_plural=second)
        else:
            yield polib.POEntry(msgid=first)


if __name__ == "__main__":
    sys.exit(main())
