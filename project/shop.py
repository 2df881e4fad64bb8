"""A bakery that fails in every way: what the buttons of the start page lead to."""

import asyncio

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class PaymentError(Exception):
    """The customer could not be charged."""


def plain(request: HttpRequest) -> HttpResponse:
    """Divide a bill by nobody."""
    guests: list[str] = []
    share = share_of(bill=1260, guests=guests)
    return HttpResponse(f"Each pays {share}.")


def share_of(*, bill: int, guests: list[str]) -> float:
    """Return what each guest pays."""
    return bill / len(guests)


async def asynchronous(request: HttpRequest) -> HttpResponse:
    """Ask two ovens at once; one of them is cold."""
    warm, cold = await asyncio.gather(temperature_of("left"), temperature_of("right"))
    return HttpResponse(f"{warm} and {cold} degrees.")


async def temperature_of(oven: str) -> int:
    """Return the temperature in degrees."""
    await asyncio.sleep(0)
    return {"left": 230}[oven]


def chained(request: HttpRequest) -> HttpResponse:
    """Fail because something else failed."""
    try:
        charge(card="**** 4242", cents=1260)
    except TimeoutError as error:
        raise PaymentError("The card could not be charged.") from error
    return HttpResponse("Paid.")


def charge(*, card: str, cents: int) -> None:
    """Ask the bank, which does not answer."""
    error = TimeoutError("The bank did not answer within 5 seconds.")
    error.add_note("Third of three attempts.")
    raise error


def forbidden(request: HttpRequest) -> HttpResponse:
    """Turn a visitor away."""
    raise PermissionDenied


class OrderView(APIView):
    """An API view with a bug."""

    authentication_classes = ()

    def get(self, request: Request, number: int) -> Response:
        """Return an order, if only its customer were known."""
        order = {"number": number, "customer": None}
        return Response({"number": number, "name": order["customer"]["name"]})  # type: ignore[index]
