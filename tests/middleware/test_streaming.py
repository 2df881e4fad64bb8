from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import AsyncClient, Client

from errorkit.request_ids import get_request_id
from tests.middleware.views import SECRET


@pytest.mark.trap("T44")
@pytest.mark.django_db
def test_stream_knows_its_id_when_it_is_read_after_the_middleware(visitor: Client) -> None:
    response = visitor.get("/stream/")

    request_id = response["X-Request-ID"]
    assert response.getvalue().decode() == f"{request_id} {request_id}"
    assert get_request_id() is None


@pytest.mark.anyio
@pytest.mark.django_db
async def test_stream_knows_its_id_when_it_is_async(async_visitor: AsyncClient) -> None:
    response = await async_visitor.get("/stream-async/")

    request_id = response["X-Request-ID"]
    body = b"".join([chunk async for chunk in body_of(response)])
    assert body.decode() == f"{request_id} {request_id}"
    assert get_request_id() is None


@pytest.mark.trap("T22")
@pytest.mark.django_db
def test_stream_is_recorded_and_aborted_when_it_fails_half_way(visitor: Client) -> None:
    response = visitor.get("/stream-fails/")
    chunks = iter(response)
    sent = [next(chunks)]

    with pytest.raises(ValueError, match=SECRET):
        sent.append(next(chunks))
    assert sent == [b"half "]
    assert _receipt(response.wsgi_request) is not None


@pytest.mark.trap("T22")
@pytest.mark.anyio
@pytest.mark.django_db
async def test_stream_is_recorded_and_aborted_when_it_fails_half_way_in_async(
    async_visitor: AsyncClient,
) -> None:
    response = await async_visitor.get("/stream-fails-async/")

    chunks = aiter(body_of(response))
    sent = [await anext(chunks)]
    with pytest.raises(ValueError, match=SECRET):
        sent.append(await anext(chunks))
    assert sent == [b"half "]
    assert _receipt(response.asgi_request) is not None


def body_of(response: Any) -> AsyncIterator[bytes]:
    return response.streaming_content


def _receipt(request: HttpRequest) -> object:
    from errorkit.capture import receipt_of

    return receipt_of(request)
