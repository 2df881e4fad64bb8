"""A streaming body: its request ID holds while it is made, and a failure half-way is told and passed on."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from errorkit.request_ids import bind, unbind

Tell = Callable[[Exception], object]


def watch(response: StreamingHttpResponse, *, request_id: str, tell: Tell) -> None:
    """Wrap the body; `tell` gets what fails in it, which is raised again so that the server aborts the connection.

    Nothing is ever appended: half of a file followed by an error page is a corrupt file. A body that the server
    sends from a file by itself is left to it.
    """
    if getattr(response, "file_to_stream", None) is not None:
        return
    body: Any = response.streaming_content
    if response.is_async:
        response.streaming_content = _watched_async(body, request_id, tell)
    else:
        response.streaming_content = _watched(iter(body), request_id, tell)


def _watched(chunks: Iterator[bytes], request_id: str, tell: Tell) -> Iterator[bytes]:
    # The ID is bound for one step at a time: between two of them the thread belongs to the server.
    while True:
        token = bind(request_id)
        try:
            chunk = next(chunks)
        except StopIteration:
            return
        except Exception as exc:
            tell(exc)
            raise
        finally:
            unbind(token)
        yield chunk


async def _watched_async(
    chunks: AsyncIterator[bytes], request_id: str, tell: Tell
) -> AsyncIterator[bytes]:
    async with aclosing(chunks):  # type: ignore[type-var]
        while True:
            token = bind(request_id)
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except Exception as exc:
                # Recording writes to a database or a file, which would hold up the loop.
                await sync_to_async(tell, thread_sensitive=False)(exc)
                raise
            finally:
                unbind(token)
            yield chunk
