"""The grouping corpus: real libraries run into real failures, in five variants each."""

import pytest

from errorkit.conf import get_config
from errorkit.reports.report import Report
from errorkit.reports.stored import fingerprint_under
from tests.corpus.score import RULES, by_errorkit, mistakes, score
from tests.corpus.tracebacks import Sample, samples
from tests.reports.failures import report_of


@pytest.fixture
def corpus(transactional_db: None) -> list[Sample]:
    return list(samples())


def test_each_bug_is_one_group_when_the_corpus_is_grouped(corpus: list[Sample]) -> None:
    assert len({sample.bug for sample in corpus}) >= 60
    assert len(corpus) >= 300
    assert mistakes(corpus, by_errorkit) == []


def test_rule_beats_the_simple_ones_when_the_corpus_is_grouped(corpus: list[Sample]) -> None:
    scores = {name: score(corpus, rule) for name, rule in RULES.items()}

    assert (
        scores["errorkit"].f1 > max(scores["type and message"].f1, scores["type and line"].f1) + 0.2
    )


def test_stored_reports_lead_to_their_own_fingerprint_when_the_corpus_is_read_back(
    corpus: list[Sample],
) -> None:
    config = get_config()
    reports = [Report.from_json(report_of(sample.exc).to_json()) for sample in corpus]

    found = [fingerprint_under(report, "v1") for report in reports]
    by_rule = [fingerprint_under(report, "v1", config.in_app) for report in reports]

    told = [
        (sample.bug, sample.variant)
        for sample, report, each in zip(corpus, reports, found, strict=True)
        if each != report.fingerprint
    ]
    assert told == []
    assert by_rule == found
