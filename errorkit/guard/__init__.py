"""The outermost layer, around WSGI or ASGI: answers what Django itself lets escape.

    import errorkit.guard
    application = errorkit.guard.wsgi(get_wsgi_application())

That is a URLconf or a handler500 that breaks where no middleware of ours is around it, middleware outside of ours, and a Content-Type that breaks before there is a request.
"""

from errorkit.guard.asgi import asgi
from errorkit.guard.wsgi import wsgi

__all__ = ["asgi", "wsgi"]
