import dataclasses

from unleak.core.errors import Exit
from unleak.core.model import Blob, Confidence, File, Skipped
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.pipeline import Scan
from unleak.scan.ports import Summary
from unleak.scan.ruleset import RuleSet


def scan(source, *rules, **options):
    ruleset = RuleSet(rules=rules, digest="0" * 64)
    summary = Summary()
    run = Scan(source, ruleset, KeywordMatcher(rules), summary, **options)
    return run.run(), summary


def test_places_of_one_secret_are_one_finding(make_rule, make_source) -> None:
    source = make_source(b"acme_11111111 acme_22222222", b"\nacme_11111111\n", b"nothing")
    findings, summary = scan(source, make_rule())
    places = {f.secret.reveal(): [(p.origin.path, p.start.line) for p in f.locations] for f in findings}
    assert places == {"acme_11111111": [(b"file0", 1), (b"file1", 2)], "acme_22222222": [(b"file0", 1)]}
    assert (summary.blobs, summary.bytes, summary.findings, summary.exit) == (3, 49, 2, Exit.FINDINGS)


def test_a_match_never_spans_two_blobs(make_rule, make_source) -> None:
    findings, _ = scan(make_source(b"acme_", b"12345678"), make_rule(pattern=r"(acme_\s?[0-9]{8})"))
    assert findings == []


def test_small_blobs_are_searched_together_and_large_ones_too(make_rule, make_source, monkeypatch) -> None:
    monkeypatch.setattr("unleak.scan.pipeline.BATCH", 30)
    contents = [b"acme_%08d" % number for number in range(20)]
    findings, _ = scan(make_source(*contents), make_rule())
    assert {f.secret.reveal().encode(): f.locations[0].origin.path for f in findings} == {
        content: b"file%d" % number for number, content in enumerate(contents)
    }


def test_what_stood_in_a_preimage_is_not_new(make_rule, make_source) -> None:
    old = Blob(File(".", b"a"), b"  acme_11111111", preimage=True)
    new = Blob(File(".", b"a"), b"acme_11111111 acme_22222222")
    findings, summary = scan(make_source(new, old), make_rule())
    assert [f.secret.reveal() for f in findings] == ["acme_22222222"]
    assert summary.blobs == 1


def test_suppressed_findings_are_reported_but_do_not_count(make_rule, make_source) -> None:
    [found], summary = scan(make_source(b"acme_11111111 # unleak:allow"), make_rule())
    assert found.suppression == "unleak:allow"
    assert (summary.findings, summary.suppressed, summary.exit) == (0, 1, Exit.CLEAN)


def test_one_unmarked_place_makes_it_count(make_rule, make_source) -> None:
    [found], summary = scan(make_source(b"acme_11111111 # unleak:allow", b"acme_11111111"), make_rule())
    assert found.suppression == ""
    assert summary.exit is Exit.FINDINGS


def test_low_confidence_counts_only_if_asked(make_rule, make_source) -> None:
    rule = make_rule(confidence=Confidence.LOW)
    findings, summary = scan(make_source(b"acme_11111111"), rule, reported_from=Confidence.MEDIUM)
    assert (findings, summary.below, summary.exit) == ([], 1, Exit.CLEAN)
    findings, summary = scan(make_source(b"acme_11111111"), rule)
    assert (len(findings), summary.exit) == (1, Exit.CLEAN)


def test_what_could_not_be_read_outweighs_findings(make_rule, make_source) -> None:
    skipped = Skipped(File(".", b"locked"), "permission denied", failed=True)
    findings, summary = scan(make_source(b"acme_11111111", skipped), make_rule())
    assert len(findings) == 1
    assert (summary.failed, summary.exit) == (1, Exit.INCOMPLETE_SCAN)


def test_what_is_skipped_by_design_is_counted_and_clean(make_source) -> None:
    _, summary = scan(make_source(Skipped(File(".", b"sub"), "submodule", failed=False)))
    assert (len(summary.skipped), summary.exit) == (1, Exit.CLEAN)


def test_an_interrupt_keeps_what_was_found(make_rule, make_source, monkeypatch) -> None:
    monkeypatch.setattr("unleak.scan.pipeline.BATCH", 1)
    source = make_source(b"acme_11111111", KeyboardInterrupt(), b"acme_22222222")
    findings, summary = scan(source, make_rule())
    assert [f.secret.reveal() for f in findings] == ["acme_11111111"]
    assert summary.interrupted
    assert summary.exit is Exit.INCOMPLETE_SCAN


def test_a_source_decides_what_a_hit_becomes(make_rule, make_source) -> None:
    source = make_source(b"acme_11111111", b"acme_22222222")
    source.resolve = lambda hits: [dataclasses.replace(hit, secret=hits[0].secret) for hit in hits]
    [found], _ = scan(source, make_rule())
    assert len(found.locations) == 2


def test_the_most_severe_comes_first(make_rule, make_source) -> None:
    low = make_rule("acme.low", pattern=r"\b(acme_1[0-9]{7})\b", severity="low")
    critical = make_rule("acme.high", pattern=r"\b(acme_2[0-9]{7})\b", severity="critical")
    findings, _ = scan(make_source(b"acme_10000000 acme_20000000"), low, critical)
    assert [f.rule.id for f in findings] == ["acme.high", "acme.low"]
