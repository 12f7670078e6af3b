"""Rollouts of workloads, until all their pods are new."""

import pytest
from services.kubernetes import FakeKubernetes
from services.served import serving

from unleak.core.errors import NotFound, RotationError, UsageError
from unleak.rotate.restarts.kubernetes import ANNOTATION, Rollout

TOKEN = "t0ken" * 5
DONE = {
    "deployment": {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    "statefulset": {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
    "daemonset": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2},
}


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    with serving(FakeKubernetes(TOKEN)) as made:
        made.kubeconfig(tmp_path / "kubeconfig")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        for kind in DONE:
            made.workloads[f"prod/{kind}s/shop"] = {
                "metadata": {"generation": 1},
                "spec": {"replicas": 2, "template": {}},
                "status": {"observedGeneration": 1, **DONE[kind]},
            }
        yield made


@pytest.mark.parametrize("kind", DONE)
def test_it_is_through_when_all_pods_are_new(cluster, kind):
    rollout, row = Rollout(f"prod/{kind}/shop", cluster.address), cluster.workloads[f"prod/{kind}s/shop"]
    assert rollout.problem() == ""
    name = rollout.begin("0a1b2c3d4e")
    assert row["spec"]["template"]["metadata"]["annotations"] == {ANNOTATION: name}
    assert not rollout.done(name)  # the controller has not seen it
    row["status"]["observedGeneration"] = 2
    for counter in list(DONE[kind])[1:]:
        row["status"][counter] = 1
        assert not rollout.done(name)
        row["status"][counter] = 2
    assert rollout.done(name)


def test_old_pods_are_waited_for(cluster):
    rollout, row = (
        Rollout("prod/deployment/shop", cluster.address),
        cluster.workloads["prod/deployments/shop"],
    )
    row["status"]["replicas"] = 3
    assert not rollout.done("")


def test_a_rollout_that_does_not_get_on_is_told(cluster):
    rollout, row = (
        Rollout("prod/deployment/shop", cluster.address),
        cluster.workloads["prod/deployments/shop"],
    )
    row["status"]["conditions"] = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    with pytest.raises(RotationError, match="do not start"):
        rollout.done("")


@pytest.mark.parametrize("spec", [{"paused": True}, {"updateStrategy": {"type": "OnDelete"}}])
def test_what_would_not_be_rolled_out_is_a_problem(cluster, spec):
    cluster.workloads["prod/statefulsets/shop"]["spec"] |= spec
    assert Rollout("prod/statefulset/shop", cluster.address).problem()


def test_what_is_not_there_is_said(cluster):
    with pytest.raises(NotFound):
        Rollout("prod/deployment/other", cluster.address).problem()
    for name in ("shop", "prod/shop", "prod/pod/shop", "prod/deployment/", "a/b/c/d"):
        with pytest.raises(UsageError):
            Rollout(name, cluster.address)
