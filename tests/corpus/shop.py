"""A shop in which everything goes wrong: each function is one bug, made by running real libraries into real failures.

The argument is what differs from one customer to the next. The grouping corpus loads this source several times, with other lines and in other
folders, and calls the bugs in several ways; it must stay importable on its own.
"""

import asyncio
import contextlib
import csv
import functools
import importlib
import io
import json
import smtplib
import struct
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree

import httpx
import jsonschema
import psycopg
import pymysql
import redis
from celery import Celery
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.template import Context, Engine
from django.urls import reverse
from django.utils.module_loading import import_string
from kombu import serialization
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework import serializers

PRICES = {"sku-1": 5}
ENGINE = Engine(
    loaders=[
        (
            "django.template.loaders.locmem.Loader",
            {
                "shop/order.html": "{% if order %}\n\n{% url 'no-such-order' order %}{% endif %}",
                "shop/basket.html": "{% for line in lines %}{% url 'no-such-order' line %}{% endfor %}",
                "shop/total.html": "<b>{{ order.total }}</b>",
                "shop/broken.html": "{% if order %}",
                "shop/page.html": "{% include 'shop/gone.html' %}",
            },
        )
    ]
)
celery = Celery("shop", set_as_current=False)
celery.conf.task_always_eager = True


class ShopError(Exception):
    """What the shop raises itself."""


class Order:
    """An order without lines."""

    lines = 0

    @property
    def total(self):
        return 100 / self.lines


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def text_of_an_order(value):
    return json.loads(f'{{"order": {value},')


def price_of_a_product(value):
    return PRICES[f"sku-{value}"]


def rate_of_a_country(value):
    return PRICES[f"country-{value}"]


def total_of_no_order(value):
    order = None if value else Order()
    return order.total


def customer_who_is_gone(value):
    return get_user_model().objects.get(pk=1_000_000 + value)


def store(**fields):
    with transaction.atomic():
        return get_user_model().objects.create(**fields)


def customer_twice(value):
    store(username=f"customer-{value}")
    return store(username=f"customer-{value}")


def store_without(field, value):
    return store(**{"username": f"customer-{value}", field: None})


def register_without(field, value):
    try:
        return store_without(field, value)
    except IntegrityError as error:
        raise ShopError(f"cannot register {value}") from error


def query(sql, value):
    with transaction.atomic(), connection.cursor() as cursor:
        return cursor.execute(sql, [value])


def render(name, value):
    context = Context({"order": Order(), "lines": [value]})
    return ENGINE.get_template(name).render(context)


class LineSerializer(serializers.Serializer):
    product = serializers.CharField(source="article")


class PriceSerializer(serializers.Serializer):
    price = serializers.IntegerField()


def line_of_an_order(value):
    return LineSerializer(Order()).data


def price_that_is_no_number(value):
    return PriceSerializer(data={"price": f"x{value}"}).is_valid(raise_exception=True)


def message_that_cannot_be_sent(value):
    return serialization.dumps({"order": object(), "value": value}, serializer="json")


def task_that_is_unknown(value):
    return celery.tasks["shop.unknown"]


@celery.task(name="shop.charge", shared=False)
def charge_task(value):
    raise ShopError(f"card {value} declined")


def task_that_fails(value):
    return charge_task.apply(args=[value], throw=True)


def cache_that_is_down(value):
    return redis.Redis(port=1 + value % 5, retry=Retry(NoBackoff(), 0)).get(f"basket-{value}")


def service_that_is_down(value):
    return httpx.get(f"http://127.0.0.1:{1 + value % 5}/orders/{value}", trust_env=False)


def ask(status, value):
    transport = httpx.MockTransport(lambda request: httpx.Response(status))
    with httpx.Client(transport=transport) as client:
        return client.get(f"http://stock.example/{value}").raise_for_status()


def warehouse_that_is_down(value):
    return psycopg.connect(f"host=127.0.0.1 port={1 + value % 5} connect_timeout=1")


def archive_that_is_down(value):
    return pymysql.connect(host="127.0.0.1", port=1 + value % 5, connect_timeout=1)


def category(depth):
    return parent_category(depth + 1)


def parent_category(depth):
    return len(str(depth)) and category(depth)


def categories_in_a_circle(value):
    return nested(value % 5)


def nested(depth):
    return nested(depth - 1) if depth else category(0)


def tree(depth):
    if depth == 0:
        raise ShopError("no leaf")
    return tree(depth - 1)


def tree_without_leaf(value):
    return tree(value)


def lines_of(value):
    for number in range(value):
        if number == value - 1:
            raise ShopError(f"line {number} is damaged")
        yield number


def damaged_line(value):
    return list(lines_of(value))


def first_of(lines):
    while True:
        yield next(lines)


def generator_that_stops(value):
    return list(first_of(iter(range(value))))


async def fetch(number):
    await asyncio.sleep(0)
    if number % 2:
        raise ShopError(f"shop {number} is closed")
    raise KeyError(number)


async def fetch_all(value):
    async with asyncio.TaskGroup() as group:
        for number in range(value % 3, value % 3 + 2):
            group.create_task(fetch(number))


def shops_that_are_closed(value):
    return asyncio.run(fetch_all(value))


async def wait(value):
    try:
        async with asyncio.timeout(0.001 * (value % 3)):
            await asyncio.sleep(10)
    except TimeoutError as error:
        # By itself it would lose its traceback where Python 3.11 hands it through a future.
        raise ShopError(f"shop {value} is slow") from error


def shop_that_is_slow(value):
    return asyncio.run(wait(value))


def amount_with_a_comma(value):
    return Decimal(f"12,{value}")


def name_in_another_encoding(value):
    return (b"x" * value + b"\xff").decode()


def export_that_is_gone(value):
    with open(f"/nonexistent/{value}.csv") as file:  # noqa: PTH123 - the way most shops do it
        return file.read()


def pack(number):
    return struct.unpack("I", b"x" * (number % 3))


def parcels_that_are_too_small(value):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(pack, [value, value + 1]))


def feed_that_is_cut(value):
    return ElementTree.fromstring("<feed>" + "\n" * value + "<item>")


def row_with_a_new_column(value):
    writer = csv.DictWriter(io.StringIO(), ["name"])
    return writer.writerow({f"column-{value}": 1})


def archive_that_is_damaged(value):
    return zipfile.ZipFile(io.BytesIO(b"x" * value))


def mail_server_that_is_down(value):
    return smtplib.SMTP("127.0.0.1", 1 + value % 5, timeout=1)


def label_printer(value):
    return subprocess.run([sys.executable, "-c", f"raise SystemExit({1 + value % 3})"], check=True)


def order_against_the_schema(value):
    return jsonschema.validate({"id": value}, {"type": "object", "required": ["lines"]})


def customer_who_is_invalid(value):
    return get_user_model()(username="x" * (200 + value)).full_clean()


def setting_that_is_wrong(value):
    return import_string("django.utils.text.no_such_thing")


def field_that_was_not_sent(value):
    return QueryDict(f"page={value}")["name"]


def link_to_an_order(value):
    return reverse("no-such-order", args=[value])


def plugin_that_is_missing(value):
    return importlib.import_module("shop_plugins_that_are_missing")


def sort_of_a_mixture(value):
    return sorted([value, "a"])


def item_beyond_the_end(value):
    return [1, 2][value]


def stock_below_zero(value):
    assert value < 0, f"stock is {value}"


def link_with_a_wrong_signature(value):
    return signing.loads(f"order-{value}:abc:def")


def discount(value):
    return (lambda amount: 100 / (amount - amount))(value)  # noqa: PLC3002 - a frame of a lambda is wanted


def shares(value):
    return [value // number for number in range(3)]


@logged
@logged
def decorated(value):
    raise ShopError(f"{value} is not to be decorated")


@contextlib.contextmanager
def locked(value):
    yield value
    raise ShopError(f"lock {value} was lost")


def lock_that_was_lost(value):
    with locked(value) as number:
        return number


def day_in_another_format(value):
    return datetime.strptime(f"{value}.1.2026", "%Y-%m-%d")  # noqa: DTZ007 - it fails before that matters


def subject_with_a_newline(value):
    return EmailMessage(f"order\n{value}", to=["ada@example.com"]).message()


def retry_that_fails_otherwise(value):
    try:
        return PRICES[value]
    except KeyError:
        return amount(f"x{value}")


def amount(text):
    return int(text)


# Bugs that have no function of their own: what goes wrong depends on an argument.
BUGS = {
    "customer_without_name": (store_without, "username"),
    "customer_without_password": (store_without, "password"),
    "registration_without_name": (register_without, "username"),
    "registration_without_mail": (register_without, "email"),
    "table_that_is_gone": (query, "SELECT * FROM shop_gone WHERE id = %s"),
    "column_that_is_gone": (query, "SELECT gone FROM auth_user WHERE id = %s"),
    "query_with_a_typo": (query, "SELEC 1 WHERE 1 = %s"),
    "order_page": (render, "shop/order.html"),
    "basket_page": (render, "shop/basket.html"),
    "total_page": (render, "shop/total.html"),
    "broken_page": (render, "shop/broken.html"),
    "page_that_is_gone": (render, "shop/gone.html"),
    "page_with_an_include_that_is_gone": (render, "shop/page.html"),
    "stock_that_is_unknown": (ask, 404),
    "stock_that_fails": (ask, 503),
}
