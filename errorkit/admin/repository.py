"""Links from a frame to its line in the repository, where SOURCE_URL says how."""

from urllib.parse import quote

from errorkit.conf import get_config
from errorkit.reports.parts import Frame


def source_url(frame: Frame, release: str) -> str:
    """Return the address of a line of the site's own code; empty where there is none, or where the template wants a release and none is known."""
    template = get_config().source_url
    if not template or not frame.in_app or ("{release}" in template and not release):
        return ""
    # Every value may be an attacker's: none of them can leave its place in the address.
    return template.format(
        path=quote(frame.filename.lstrip("/")),
        module=quote(frame.module, safe=""),
        line=frame.lineno,
        release=quote(release, safe=""),
    )
