"""IAM through our port, against moto's server."""

import pytest

from unleak.core.errors import AccessDenied, LimitReached, NotFound
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.providers.aws_iam import AwsIam, user_of
from unleak.verify.aws_client import Access, Pair


@pytest.fixture
def provider(aws):
    return AwsIam(Access())


@pytest.fixture
def credential(aws):
    return Credential(aws.leaked["AccessKeyId"], Secret(aws.leaked["SecretAccessKey"]))


@pytest.fixture
def identity(provider, credential):
    return provider.verify(credential).identity


def test_a_key_names_its_user(identity, credential):
    assert identity.principal.endswith(":user/services/payments")
    assert identity.credential_id == credential.id
    assert user_of(identity) == "payments"


def test_issue_list_disable_revoke(aws, provider, identity, credential):
    new = provider.issue(identity, "r1")
    assert provider.verify(new).identity.principal == identity.principal
    assert set(provider.keys(identity).ids) == {credential.id, new.id}
    provider.set_active(identity, credential.id, False)
    assert not provider.keys(identity).get(credential.id).active
    provider.set_active(identity, credential.id, True)
    assert provider.keys(identity).get(credential.id).active
    provider.revoke(identity, credential.id)
    provider.revoke(identity, credential.id)
    assert provider.keys(identity).ids == (new.id,)
    assert provider.verify(credential).liveness is Liveness.DEAD


def test_a_third_key_reaches_the_limit(provider, identity):
    provider.issue(identity, "r1")
    with pytest.raises(LimitReached):
        provider.issue(identity, "r1")


def test_two_keys_are_named_with_what_a_person_may_run(aws, provider, identity, credential):
    assert provider.no_room(identity, provider.keys(identity)) is None
    other = provider.issue(identity, "r1")
    aws.lives({"AccessKeyId": other.id, "SecretAccessKey": other.secret.reveal()})
    full = provider.no_room(identity, provider.keys(identity))
    assert f"{other.id}  active" in full.message
    assert "(sts" in full.message
    assert f"aws iam delete-access-key --user-name payments --access-key-id {other.id}" in full.hint
    assert f"--access-key-id {credential.id}" not in full.hint


def test_the_mark_on_the_user(provider, identity):
    assert provider.claimed_by(identity) == ""
    provider.claim(identity, "r1")
    assert provider.claimed_by(identity) == "r1"
    provider.release(identity)
    provider.release(identity)
    assert provider.claimed_by(identity) == ""


def test_last_use(aws, provider, identity):
    new = provider.issue(identity, "r1")
    assert provider.last_used(identity, new.id) is None
    aws.lives({"AccessKeyId": new.id, "SecretAccessKey": new.secret.reveal()})
    used = provider.last_used(identity, new.id)
    assert used.service == "sts"
    assert used.at >= provider.keys(identity).get(new.id).created


def test_who_acts_can_change(aws, provider, credential):
    assert provider.acting().key_id == aws.admin["AccessKeyId"]
    provider.act_with(credential)
    assert provider.acting().key_id == credential.id


def test_a_user_that_is_gone(provider):
    gone = Identity("aws-iam", "123456789012", "arn:aws:iam::123456789012:user/nobody", "AKIA")
    with pytest.raises(NotFound):
        provider.keys(gone)


def test_access_denied_names_action_and_permission(aws, identity):
    key = aws.user(
        "weak", {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    )
    weak = AwsIam(Access(pair=Pair(key["AccessKeyId"], Secret(key["SecretAccessKey"]))))
    with pytest.raises(AccessDenied, match="access denied to iam:ListAccessKeys"):
        weak.keys(identity)


@pytest.mark.parametrize(
    ("arn", "says"),
    [
        ("arn:aws:iam::1:root", "root user"),
        ("arn:aws:sts::1:assumed-role/deploy/session", "role session"),
        ("arn:aws:sts::1:federated-user/bob", "GetFederationToken"),
        ("arn:aws:iam::1:something/else", "no IAM user"),
    ],
)
def test_keys_that_cannot_be_replaced(provider, arn, says):
    assert says in provider.refusal(Identity("aws-iam", "1", arn, "AKIAX"))


def test_candidates_are_runs_of_forty(provider):
    secret = "aB3/" * 10
    assert provider.candidates(f'{{"s": "{secret.replace("/", chr(92) + "/")}"}}') == [secret]
    assert secret in provider.candidates(f"key=x{secret}y")
