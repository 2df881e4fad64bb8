import logging
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings
from django.utils.translation import gettext_lazy

from errorkit.responses.complaints import forget_complaints
from tests.responses.asking import BROWSER, body, reply


@pytest.fixture(autouse=True)
def complaints() -> None:
    forget_complaints()


def by_tenant(request: HttpRequest) -> dict[str, Any]:
    return {"NAME": f"Tenant {request.GET.get('t', 'none')}"}


def fails(request: HttpRequest) -> dict[str, Any]:
    raise OSError("the tenant's database is away")


def page(brand: object, **options: Any) -> str:
    with override_settings(ERRORKIT={"BRAND": brand}):
        return reply(HTTP_ACCEPT=BROWSER, **options).content.decode()


def test_brand_is_on_the_page_when_it_is_a_dict() -> None:
    text = page(
        {
            "name": "Lindenhof <Library>",
            "logo": '<svg viewBox="0 0 1 1"></svg>',
            "color": "#0a6b4e",
            "colour_dark": "oklch(80% .1 160)",
            "support_email": "help@example.org",
            "status_url": "https://status.example.org/",
            "home_url": "/start/",
            "texts": {500: {"lead": "Our cat sat on the keyboard."}},
        }
    )

    assert "Lindenhof &lt;Library&gt;" in text
    assert '<svg viewBox="0 0 1 1"></svg>' in text
    assert "--accent: #0a6b4e" in text
    assert "--accent: oklch(80% .1 160)" in text
    assert 'href="mailto:help@example.org?subject=' in text
    assert 'href="https://status.example.org/"' in text
    assert 'href="/start/"' in text
    assert "Our cat sat on the keyboard." in text


def test_texts_are_left_out_when_they_are_no_dicts() -> None:
    brand = {"texts": {500: "Oops", "500": 3, "default": None}}

    assert "there is a problem" in page(brand)


def test_brand_speaks_the_language_of_the_request_when_its_texts_are_translated() -> None:
    brand = {"name": gettext_lazy("Reference")}

    assert [
        "<span>Reference</span>" in page(brand, HTTP_ACCEPT_LANGUAGE=code)
        for code in ("en", "fr", "en")
    ] == [True, False, True]


def test_dark_scheme_has_a_lighter_tone_when_the_brand_names_one_colour() -> None:
    assert "--accent: oklch(from #0a6b4e max(l, .78) c h)" in page({"colour": "#0a6b4e"})
    assert "@supports" not in page({"colour_dark": "#6fd6ac", "colour": "#0a6b4e"})
    assert "@supports" not in page({})


@pytest.mark.parametrize("logo", ["data:image/png;base64,AAAA", "/static/logo.svg"])
def test_logo_is_an_image_when_it_is_an_address(logo: str) -> None:
    assert f'<img src="{logo}" alt="">' in page({"name": "Shop", "logo": logo})


def test_brand_is_the_tenants_when_it_is_a_callable() -> None:
    assert "Tenant blue" in page(f"{__name__}.by_tenant", path="/?t=blue")
    assert "Tenant red" in page(f"{__name__}.by_tenant", path="/?t=red")


@pytest.mark.parametrize(
    "brand", [f"{__name__}.fails", "no.such.callable", {"name": "x", "texts": 3}]
)
def test_page_goes_out_without_the_brand_when_it_fails(
    brand: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="errorkit"):
        for _ in range(3):
            assert 'id="errorkit-reference"' in page(brand)

    assert len([record for record in caplog.records if "BRAND" in record.getMessage()]) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red;}</style><script>alert(1)</script>"},
        {"colour": "url(https://evil.example)"},
        {"support_url": "javascript:alert(1)"},
        {"home_url": "data:text/html,<script>"},
        {"logo": "javascript:alert(1)"},
        {"support_email": '"><script>alert(1)</script>'},
        {"name": "<script>alert(1)</script>"},
    ],
)
def test_brand_cannot_bring_code_when_its_values_come_from_a_tenant(values: dict[str, str]) -> None:
    text = page(values)

    assert "<script" not in text
    assert "javascript:" not in text
    assert "evil.example" not in text


def test_texts_of_the_brand_are_in_json_too_when_there_are_some() -> None:
    with override_settings(
        ERRORKIT={"BRAND": {"texts": {"default": {"lead": "Our cat sat on the keyboard."}}}}
    ):
        assert "Our cat" in body(reply(HTTP_ACCEPT="application/json"))["detail"]
