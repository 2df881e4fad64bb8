"""Print how well errorkit groups the corpus of real tracebacks, beside two simple rules.

Run with `python -m benchmarks.grouping`.
"""

import os


def main() -> None:
    """Make the failures, group them by each rule, print the scores and errorkit's mistakes."""
    from django.db import connection
    from django.test.utils import setup_test_environment

    from tests.corpus.score import RULES, by_errorkit, mistakes, score
    from tests.corpus.tracebacks import samples

    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        corpus = list(samples())
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    bugs = len({sample.bug for sample in corpus})
    print(f"{len(corpus)} tracebacks of {bugs} bugs")
    print(f"{'rule':<20}{'groups':>8}{'precision':>11}{'recall':>8}{'F1':>7}")
    for title, rule in RULES.items():
        found = score(corpus, rule)
        print(
            f"{title:<20}{found.groups:>8}{found.precision:>11.3f}{found.recall:>8.3f}{found.f1:>7.3f}"
        )
    print("\n".join(mistakes(corpus, by_errorkit)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    main()
