"""The sentences about each status, in English; `words` picks and translates them."""

from django.utils.translation import gettext_noop as _

# Heading, and what it means. The words for 404, 500 and 503 are those that GOV.UK tested with users.
PLAIN = {
    400: (
        _("This request could not be understood"),
        _("Something in the address or in the form was not as expected."),
    ),
    401: (_("Please sign in"), _("This page is only for people who are signed in.")),
    403: (
        _("You do not have access to this page"),
        _("You may need to sign in with another account, or ask someone to give you access."),
    ),
    404: (
        _("Page not found"),
        _("The address may be mistyped or incomplete, or the page may have moved."),
    ),
    405: (
        _("This is not possible here"),
        _("The page exists, but it does not support what was tried."),
    ),
    409: (
        _("Someone else was faster"),
        _("This was changed in the meantime. Load it again before you change it."),
    ),
    410: (_("This page is no longer here"), _("It was removed on purpose and will not come back.")),
    413: (_("That is too large"), _("What was sent is larger than this service accepts.")),
    415: (_("This file type is not supported"), _("Please send it in another format.")),
    422: (
        _("Some of the information was not accepted"),
        _("Check what you entered and send it again."),
    ),
    429: (
        _("That was a little too fast"),
        _("There were too many requests in a short time."),
    ),
    500: (
        _("Sorry, there is a problem with the service"),
        _("The problem is on our side, not yours."),
    ),
    501: (_("This is not available yet"), _("The service does not support this.")),
    502: (
        _("Sorry, there is a problem with the service"),
        _("Another system that we depend on did not answer as it should."),
    ),
    503: (
        _("Sorry, the service is not available right now"),
        _("You will be able to use it again later."),
    ),
    504: (
        _("Sorry, this is taking too long"),
        _("Another system that we depend on did not answer in time."),
    ),
}

FORM_EXPIRED = (
    _("This form has expired"),
    _("To protect you, the form was not accepted. Go back, reload the page and send it again."),
)
