"""Restarts of AWS services, against moto."""

import io
import zipfile

import boto3
import pytest
from moto import mock_aws
from moto.ecs.models import ecs_backends

from unleak.core.errors import NotFound, RotationError
from unleak.rotate.restarts.aws_ecs import EcsService
from unleak.rotate.restarts.aws_lambda import LambdaFunction
from unleak.verify.aws_client import Access

REGION = "eu-west-1"
ROTATION = "0a1b2c3d4e"


@pytest.fixture(autouse=True)
def cloud(monkeypatch):
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y", "DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield


@pytest.fixture
def service():
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="prod")
    ecs.register_task_definition(
        family="payments", containerDefinitions=[{"name": "a", "image": "b", "memory": 10}]
    )
    ecs.create_service(cluster="prod", serviceName="payments", taskDefinition="payments", desiredCount=1)
    return EcsService("prod/payments", Access())


def deployed(state):
    """Say how the newest deployment stands, as ECS would after a while."""
    (made,) = ecs_backends["123456789012"][REGION].services.values()
    made.deployments[0]["rolloutState"] = state


@pytest.fixture
def function():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.py", "")
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName="payments", Runtime="python3.12", Role=role, Handler="a.h",
        Code={"ZipFile": made.getvalue()}, Description="takes money",
    )  # fmt: skip
    return LambdaFunction("payments", Access())


def described():
    return boto3.client("lambda").get_function_configuration(FunctionName="payments")["Description"]


def test_a_service_is_deployed_anew_and_waited_for(service):
    assert service.problem() == ""
    first, second = service.begin(ROTATION), service.begin(ROTATION)
    assert first != second
    assert not service.done(second)
    deployed("COMPLETED")
    assert service.done(second)
    assert service.done(first)  # a later deployment has taken its place


def test_a_deployment_that_fails_is_told(service):
    name = service.begin(ROTATION)
    deployed("FAILED")
    with pytest.raises(RotationError, match="do not start"):
        service.done(name)


def test_a_service_that_is_not_there_is_a_problem(service):
    assert "no active ECS service" in EcsService("prod/other", Access()).problem()


def test_a_function_is_touched_and_keeps_its_description(function):
    assert function.problem() == ""
    for rotation in (ROTATION, "ffffffffff"):
        assert function.done(function.begin(rotation))
        assert described() == f"takes money (secrets renewed {rotation})"


def test_a_long_description_leaves_room_for_the_note(function):
    boto3.client("lambda").update_function_configuration(FunctionName="payments", Description="x" * 256)
    function.begin(ROTATION)
    assert len(described()) == 256
    assert described().endswith(f"x (secrets renewed {ROTATION})")


def test_a_function_that_is_not_there_is_said(function):
    with pytest.raises(NotFound):
        LambdaFunction("other", Access()).problem()
