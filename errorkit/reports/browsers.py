"""Which kind of client asked, roughly: enough to see that only one of them fails."""

from errorkit.reports.report import Report

# The first that fits is taken: most call themselves by the names of several others.
TOKENS = (
    ("bot", "bot"),
    ("spider", "bot"),
    ("crawler", "bot"),
    ("edg/", "Edge"),
    ("edga/", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser/", "Samsung"),
    ("firefox/", "Firefox"),
    ("fxios/", "Firefox"),
    ("crios/", "Chrome"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
    ("okhttp", "OkHttp"),
    ("go-http-client", "Go"),
    ("java/", "Java"),
    ("postman", "Postman"),
)
LONGEST = 400


def browser_of(report: Report) -> str:
    """Return the name of the browser or library, `other` for an unknown one, empty where none was named."""
    if report.request is None:
        return ""
    agent = report.request.headers.get("User-Agent", "")[:LONGEST].lower()
    if not agent:
        return ""
    return next((name for token, name in TOKENS if token in agent), "other")
