"""Every text that the public and people on duty read is there in every language that errorkit speaks."""

import gettext
import re
from pathlib import Path

import polib
import pytest

from project import catalogues
from tests.responses.asking import BROWSER, body, reply

LANGUAGES = [
    "de", "fr", "es", "it", "pt-br", "nl", "pl", "tr", "uk", "ru", "ar", "he", "fa", "hi", "ja", "ko", "zh-hans", "zh-hant",
]  # fmt: skip
RIGHT_TO_LEFT = {"ar", "he", "fa"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
PATHS = {path.parts[-3].lower().replace("_", "-"): path for path in catalogues.paths()}


def test_catalogues_are_those_of_the_promised_languages() -> None:
    assert set(PATHS) == set(LANGUAGES)


def test_texts_are_found_in_code_and_templates_when_they_are_looked_for() -> None:
    found = {entry.msgid for entry in catalogues.texts()}

    assert {
        "Page not found",  # an error page
        "Not Found",  # a title
        "Please try again in %(count)d minute.",  # a plural
        "en",  # with a context
        "Times seen",  # a mail
        "Open the incident",  # a mail's template
        "Nobody is on call: {schedule}",  # a notice
        "Are you on it?",  # the page behind a link
    } <= found


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_catalogue_is_what_make_messages_writes_when_nothing_has_changed(path: Path) -> None:
    catalogue = polib.pofile(str(path), wrapwidth=0)

    updated = catalogues.updated(catalogue, list(catalogues.texts()))

    assert str(updated) == path.read_text()
    assert catalogue.to_binary() == path.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_catalogue_is_complete_when_a_text_is_shown(path: Path) -> None:
    for entry in polib.pofile(str(path)):
        forms = list(entry.msgstr_plural.values()) or [entry.msgstr]
        placeholders = set(PLACEHOLDER.findall(entry.msgid))

        assert all(forms), entry.msgid
        for text in forms:
            # Only a form for none, one or two may do without the number.
            assert set(PLACEHOLDER.findall(text)) == placeholders or (
                entry.msgid_plural and not PLACEHOLDER.findall(text)
            ), text
            # Some words are the same in two languages, sentences are not.
            assert text not in {entry.msgid, entry.msgid_plural} or len(text) <= 8, text


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_catalogue_has_a_form_for_every_number_when_something_is_counted(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        known = gettext.GNUTranslations(file)
    one, many = "Please try again in %(count)d minute.", "Please try again in %(count)d minutes."

    assert not {known.ngettext(one, many, number) for number in range(1, 130)} & {one, many}


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_answer_speaks_the_language_when_the_client_asks_for_it(language: str) -> None:
    page = reply(503, retry_after=300, HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE=language)
    text = page.content.decode()
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"

    assert page["Content-Language"] == language
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert len(page.content) < 14_000
    problem = body(reply(HTTP_ACCEPT="application/json", HTTP_ACCEPT_LANGUAGE=language))
    assert (problem["title"] == "Internal Server Error") is (language == "en")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("de-AT", "de"),
        ("zh-TW", "zh-hant"),
        ("zh-CN", "zh-hans"),
        ("pt-BR, en", "pt-br"),
        ("en-GB", "en"),
    ],
)
def test_answer_speaks_the_nearest_language_when_the_client_asks_for_a_region(
    asked: str, answered: str
) -> None:
    response = reply(HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE=asked)

    assert response["Content-Language"] == answered
