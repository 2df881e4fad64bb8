"""The JSON API on Django REST framework; the framework is loaded by the first request that comes here."""
