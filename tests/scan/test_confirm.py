import pytest

from unleak.core.model import Blob, Companion, Confidence, Hit, Position, Severity, Skipped, Stdin
from unleak.scan import judging
from unleak.scan.confirm import confirm
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.ports import Outcome, Verdict


def hits(data: bytes, *rules, **blob: object) -> list[Hit]:
    piece = Blob(Stdin(), data, **blob)
    return confirm(piece, KeywordMatcher(rules).candidates(data), rules)


def test_a_match_is_located_in_lines_and_code_points(make_rule) -> None:
    [hit] = hits("é\r\nkey = '✓' acme_12345678\n".encode(), make_rule())
    assert (hit.location.start.line, hit.location.start.column) == (2, 11)
    assert (hit.location.end.line, hit.location.end.column) == (2, 24)
    assert hit.secret.reveal() == "acme_12345678"


def test_a_byte_order_mark_is_no_column(make_rule) -> None:
    [hit] = hits(b"\xef\xbb\xbfacme_12345678", make_rule())
    assert hit.location.start == Position(3, 1, 1)


def test_segments_continue_the_count_and_report_only_what_they_own(make_rule) -> None:
    data = b"acme_11111111 acme_22222222\nacme_33333333"
    found = hits(data, make_rule(), start=Position(1000, 7, 5), owned_from=10, owned_to=28)
    assert [(hit.secret.reveal(), hit.location.start) for hit in found] == [
        ("acme_22222222", Position(1014, 7, 19)),
    ]


def test_what_touches_the_end_of_the_window_is_seen_whole(make_rule) -> None:
    rule = make_rule(pattern=r"\b(acme_[0-9a-z]{8,16})\b")
    found = hits(b"acme_1234567890123456 acme_12345678901234567", rule)
    assert [hit.secret.reveal() for hit in found] == ["acme_1234567890123456"]


def test_keywords_are_found_whatever_their_case(make_rule) -> None:
    rule = make_rule(pattern=r"(?i:ACME_KEY)=([0-9a-z]{8})\b", keywords=("acme_key",))
    assert [hit.secret.reveal() for hit in hits(b"Acme_Key=12345678", rule)] == ["12345678"]


@pytest.mark.parametrize(
    ("verdict", "confidence"),
    [
        (Verdict(Outcome.PROVEN), Confidence.HIGH),
        (Verdict(Outcome.PLAUSIBLE), Confidence.MEDIUM),
        (Verdict(Outcome.DOUBTFUL), Confidence.LOW),
    ],
)
def test_a_check_decides_the_confidence(make_rule, monkeypatch, verdict, confidence) -> None:
    monkeypatch.setattr(judging, "CHECKS", {"stub": lambda value: verdict})
    [hit] = hits(b"acme_12345678", make_rule(confidence=Confidence.MEDIUM, checks=("stub",)))
    assert hit.confidence is confidence


def test_public_parts_that_a_check_reads_out_of_the_value_are_parts_of_the_hit(
    make_rule, monkeypatch
) -> None:
    read = {"account": "acme", "site": "inside", "odd": "a\x1b[31m", "endless": "a" * 500, "empty": ""}
    monkeypatch.setattr(judging, "CHECKS", {"stub": lambda value: Verdict(Outcome.PLAUSIBLE, parts=read)})
    rule = make_rule(checks=("stub",), halves=(Companion("site", r"\b(site-[0-9])\b", within=50),))
    [hit] = hits(b"site-7 acme_12345678", rule)
    assert {part.name: part.value for part in hit.parts} == {"site": "site-7", "account": "acme"}
    assert hit.parts[-1].location == hit.location


def test_a_check_can_reject_rename_and_regrade(make_rule, monkeypatch) -> None:
    verdicts = {"acme_11111111": Verdict(Outcome.REJECTED),
                "acme_22222222": Verdict(Outcome.PLAUSIBLE, canonical="22222222", severity=Severity.LOW)}  # fmt: skip
    monkeypatch.setattr(judging, "CHECKS", {"stub": verdicts.__getitem__})
    [hit] = hits(b"acme_11111111 acme_22222222", make_rule(checks=("stub",)))
    assert (hit.secret.reveal(), hit.severity) == ("22222222", Severity.LOW)


def test_of_overlapping_rules_the_most_specific_wins_whatever_their_order(make_rule) -> None:
    issuer = make_rule("acme.key")
    anonymous = make_rule("generic.key", pattern=r"=(acme_[0-9a-z]{8} more)", confidence=Confidence.HIGH)
    for rules in ((issuer, anonymous), (anonymous, issuer)):
        [hit] = hits(b"x=acme_12345678 more", *rules)
        assert hit.rule.id == "acme.key"


def test_a_half_that_is_no_key_takes_no_secret(make_rule, monkeypatch) -> None:
    reject = {"stub": lambda value: Verdict(Outcome.REJECTED if "0000" in value else Outcome.PLAUSIBLE)}
    monkeypatch.setattr(judging, "CHECKS", reject)
    companion = Companion("secret", r"\b([a-z]{5}\d{5})\b", within=60)
    rule = make_rule(
        pattern=r"\b(ID\d{4})\b", keywords=("id",), part="id", companion=companion, checks=("stub",)
    )
    [pair] = hits(b"ID1111      abcde12345 ID0000", rule)
    assert [part.value for part in pair.parts] == ["ID1111"]
    assert pair.secret.reveal() == "abcde12345"


def test_a_pair_is_one_finding_and_the_half_alone_a_hint(make_rule) -> None:
    rule = make_rule(
        pattern=r"\b(ID[0-9]{4})\b", keywords=("id",), part="id",
        companion=Companion("secret", r"(?<![0-9a-z])([0-9a-z]{10})(?![0-9a-z])", 40),
    )  # fmt: skip
    pair, half = hits(b"ID1111 abcde12345" + b" " * 100 + b"ID2222", rule)
    assert pair.secret.reveal() == "abcde12345"
    assert [(part.name, part.value) for part in pair.parts] == [("id", "ID1111")]
    assert pair.confidence is Confidence.HIGH
    assert (half.secret.reveal(), half.confidence, half.parts) == ("ID2222", Confidence.LOW, ())


def test_every_half_gets_its_own_secret(make_rule) -> None:
    rule = make_rule(
        pattern=r"\b(ID[0-9]{4})\b", keywords=("id",), part="id",
        companion=Companion("secret", r"(?<![0-9a-z])([0-9a-z]{10})(?![0-9a-z])", 40),
    )  # fmt: skip
    data = b"[a]\nsecret=aaaaaaaaa1\nid=ID1111\n[section b]\nsecret=bbbbbbbbb2\nid=ID2222\n"
    assert {hit.parts[0].value: hit.secret.reveal() for hit in hits(data, rule)} == {
        "ID1111": "aaaaaaaaa1", "ID2222": "bbbbbbbbb2",
    }  # fmt: skip


def test_a_marker_suppresses_on_its_own_line_only(make_rule) -> None:
    first, second = hits(b"acme_11111111 # unleak:allow\nacme_22222222\n", make_rule())
    assert first.location.suppression == "unleak:allow"
    assert second.location.suppression == ""


def test_markers_can_be_ignored(make_rule) -> None:
    data, rule = b"acme_11111111 # unleak:allow", make_rule()
    candidates = KeywordMatcher([rule]).candidates(data)
    [hit] = confirm(Blob(Stdin(), data), candidates, [rule], honour_markers=False)
    assert hit.location.suppression == ""


def test_a_pattern_that_explodes_is_given_up_and_reported(make_rule, monkeypatch) -> None:
    monkeypatch.setattr("unleak.scan.patterns.SECONDS", 0.05)
    rule = make_rule(pattern=r"(acme_(?:[a-z]+[a-z]+)+\d)")
    [skipped] = hits(b"acme_" + b"a" * 2000 + b"!", rule)
    assert isinstance(skipped, Skipped)
    assert skipped.failed
    assert "acme.key" in skipped.reason


def test_a_match_that_unless_matches_within_is_none(make_rule) -> None:
    rule = make_rule(pattern=r"(?:public )?(acme_[0-9]{8})", unless="public")
    assert len(hits(b"acme_12345678", rule)) == 1
    assert hits(b"public acme_12345678", rule) == []
