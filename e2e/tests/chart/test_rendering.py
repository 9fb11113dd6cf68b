"""What Helm makes of the chart's values, without a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.settings import Settings
from e2e.controlplane import CommandFailedError
from e2e.tests.chart.conftest import CHART, NAMESPACE, Helm, Manifest, Render

MONITORING = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
EVERYTHING: dict[str, Any] = {
    "image": {"repository": "registry.example.com/aicost", "digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "clusterName": "eu-1",
    "logLevel": "DEBUG",
    "allowedHosts": ["litellm.gw.svc:4000", "10.0.0.7"],
    "prometheus": {
        "url": "http://prometheus:9090",
        "timeoutSeconds": 5,
        "scrapeIntervalSeconds": 15,
        "kubeStateMetricsMatchers": {"job": 'k"s\\m', "cluster": "eu-1"},
        "dcgmMatchers": {"job": "dcgm"},
        "cadvisorMatchers": {"job": "kubelet"},
    },
    "credentials": {"namespace": "vault", "secretNames": ["openai-admin", "anthropic.admin"]},
    "evaluation": {
        "cycleSeconds": 0.5,
        "dataStepSeconds": 60,
        "latenessSeconds": 86400,
        "closeDay": 9,
        "resyncSeconds": 86400,
    },
    "status": {"intervalSeconds": 86400, "writesPerSecond": 1.5},
    "bills": {"pollSeconds": 86400, "days": 90, "settlesAfterHours": 24},
    "persistence": {"storageClassName": "fast", "backups": 12, "annotations": {"team": "finops"}},
    "serviceAccount": {"annotations": {"team": "finops"}},
    "metrics": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "networkPolicy": {"enabled": True, "from": MONITORING},
    },
    "agent": {"enabled": True, "namespace": "gpus", "podMonitor": {"enabled": True}},
    "commonLabels": {"team": "finops"},
    "podLabels": {"sidecar": "none"},
    "podAnnotations": {"note": "1"},
    "nodeSelector": {"pool": "system"},
    "tolerations": [{"key": "system", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "system-cluster-critical",
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
}


def _settings(deployment: Manifest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The operator's settings, as its process in this Deployment reads them."""
    for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    return Settings()


def _pod(rendered: dict[tuple[str, str], Manifest]) -> dict[str, Any]:
    spec: dict[str, Any] = rendered["Deployment", "aicost"]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_chart_is_clean(helm: Helm, values: dict[str, Any]) -> None:
    """Helm's own judge finds nothing, by default and with everything switched on."""
    assert "0 chart(s) failed" in helm.run("lint", "--strict", CHART, values=values)


def test_defaults_are_the_operators_own(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release without values runs the operator as its settings say, but for where it is and keeps its ledger."""
    own = {
        "namespace": NAMESPACE,
        "credential_namespace": NAMESPACE,
        "ledger_url": "sqlite:////var/lib/aicost/ledger.db",
    }
    assert _settings(render()["Deployment", "aicost"], monkeypatch) == Settings().model_copy(update=own)


def test_values_reach_the_operator(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value that becomes a setting arrives as it was written."""
    assert _settings(render(**EVERYTHING)["Deployment", "aicost"], monkeypatch) == Settings(
        namespace=NAMESPACE,
        credential_namespace="vault",
        cluster="eu-1",
        log_level="DEBUG",
        allowed_hosts=frozenset({"litellm.gw.svc:4000", "10.0.0.7"}),
        ledger_url="sqlite:////var/lib/aicost/ledger.db",
        prometheus_url="http://prometheus:9090",
        prometheus_timeout=5,
        sample_interval=15,
        kube_state_metrics_matchers=frozenset({("job", 'k"s\\m'), ("cluster", "eu-1")}),
        dcgm_matchers=frozenset({("job", "dcgm")}),
        cadvisor_matchers=frozenset({("job", "kubelet")}),
        cycle=0.5,
        data_step=60,
        lateness=86400,
        close_day=9,
        backups=12,
        resync=86400,
        status_interval=86400,
        writes_per_second=1.5,
        bill_poll=86400,
        bill_days=90,
        bill_settles_after=24,
    )


def test_only_metrics_leave_the_pod(render: Render) -> None:
    """The read API is in no Service and no container port: a port-forward is the only way, and RBAC guards it."""
    rendered = render(**EVERYTHING)
    ports = [port["targetPort"] for port in rendered["Service", "aicost-metrics"]["spec"]["ports"]]
    assert (ports, len([kind for kind, _ in rendered if kind == "Service"])) == (["probes"], 1)
    assert [port["containerPort"] for port in _pod(rendered)["containers"][0]["ports"]] == [8080]


def test_metrics_are_for_whom_the_policy_names(render: Render) -> None:
    """Of all that comes from pods the peers reach the one port, and without peers nobody: no rule is not an empty one."""
    peers, pod = render(**EVERYTHING)["NetworkPolicy", "aicost"]["spec"], render()["Deployment", "aicost"]["spec"]
    nobody = render(metrics={"networkPolicy": {"enabled": True}})["NetworkPolicy", "aicost"]["spec"]
    assert peers["ingress"] == [{"from": MONITORING, "ports": [{"port": "probes", "protocol": "TCP"}]}]
    assert (nobody["ingress"], nobody["policyTypes"]) == ([], ["Ingress"])
    assert nobody["podSelector"]["matchLabels"] == pod["selector"]["matchLabels"]


def test_foreign_kinds_are_made_only_if_asked_for(render: Render) -> None:
    """A cluster without the Prometheus operator can take the chart."""
    assert ("ServiceMonitor", "aicost") not in render()
    assert ("ServiceMonitor", "aicost") in render(**EVERYTHING)
    assert "Service" not in {kind for kind, _ in render(metrics={"enabled": False})}


def test_no_named_secret_is_no_secret(render: Render) -> None:
    """Without names there is no Role for Secrets: an empty list of names would mean all of them."""
    resources = [
        resource
        for (kind, _), role in render().items()
        if kind in {"Role", "ClusterRole"}
        for rule in role["rules"]
        for resource in rule["resources"]
    ]
    assert "secrets" not in resources


def test_named_secrets_can_only_be_got_where_they_lie(render: Render) -> None:
    """In the credential namespace, each by its name."""
    role = render(**EVERYTHING)["Role", "aicost-credentials"]
    names = ["openai-admin", "anthropic.admin"]
    assert role["metadata"]["namespace"] == "vault"
    assert role["rules"] == [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": names, "verbs": ["get"]}]


def test_the_ledger_outlives_its_pod_and_its_release(render: Render) -> None:
    """By default a volume that no second pod can open, left alone by an uninstall; or what the user gives or waives."""
    claim = render()["PersistentVolumeClaim", "aicost-ledger"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    given, waived = render(persistence={"existingClaim": "mine"}), render(persistence={"enabled": False})
    assert _pod(given)["volumes"][0] == {"name": "ledger", "persistentVolumeClaim": {"claimName": "mine"}}
    assert _pod(waived)["volumes"][0] == {"name": "ledger", "emptyDir": {}}
    assert {kind for kind, _ in [*given, *waived]} & {"PersistentVolumeClaim"} == set()


def test_a_ledger_in_postgresql_needs_no_volume(render: Render) -> None:
    """Its URL is read from the Secret by the kubelet, the CA is mounted and asked for, and nothing keeps a file."""
    rendered = render(ledger={"urlSecret": "costs-app", "caSecret": "costs-ca"})
    pod = _pod(rendered)
    env = {variable["name"]: variable for variable in pod["containers"][0]["env"]}
    assert env["AICOST_LEDGER_URL"]["valueFrom"] == {"secretKeyRef": {"name": "costs-app", "key": "uri"}}
    assert (env["PGSSLMODE"]["value"], env["PGSSLROOTCERT"]["value"]) == ("verify-full", "/etc/aicost/ledger-ca/ca.crt")
    assert [volume["name"] for volume in pod["volumes"]] == ["ledger-ca", "tmp"]
    assert [mount["name"] for mount in pod["containers"][0]["volumeMounts"]] == ["ledger-ca", "tmp"]
    assert "PersistentVolumeClaim" not in {kind for kind, _ in rendered}
    plain = render(ledger={"urlSecret": "costs-app", "urlKey": "url"})
    assert [volume["name"] for volume in _pod(plain)["volumes"]] == ["tmp"]
    assert "PGSSLMODE" not in {variable["name"] for variable in _pod(plain)["containers"][0]["env"]}


def test_bills_that_are_files_are_mounted_read_only(render: Render) -> None:
    """Whatever volume they are on, where the operator looks for them; none by default."""
    pod = _pod(render(bills={"volume": {"persistentVolumeClaim": {"claimName": "focus"}}}))
    assert {"name": "bills", "persistentVolumeClaim": {"claimName": "focus"}} in pod["volumes"]
    assert {"name": "bills", "mountPath": str(Settings().bill_files), "readOnly": True} in pod["containers"][0][
        "volumeMounts"
    ]
    assert "bills" not in {volume["name"] for volume in _pod(render())["volumes"]}


def test_two_operators_never_share_a_ledger(render: Render) -> None:
    """An upgrade ends the old pod before the new one begins."""
    assert render()["Deployment", "aicost"]["spec"]["strategy"] == {"type": "Recreate"}


def test_a_platform_may_choose_the_user(render: Render) -> None:
    """Where the platform assigns users the chart names none, and still asks for one that is not root."""
    pod = _pod(render(securityContext={"runAsUser": None, "fsGroup": None}))
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_an_image_by_digest_is_that_image(render: Render) -> None:
    """A digest wins; without one the chart's own version is taken."""
    assert _pod(render(**EVERYTHING))["containers"][0]["image"] == f"registry.example.com/aicost@sha256:{'0' * 64}"
    assert _pod(render())["containers"][0]["image"] == "aicost:0.1.0"


def test_the_notes_end_with_what_to_type(helm: Helm) -> None:
    """The last line is the command that shows what every workload costs."""
    output = helm.run("install", "aicost", CHART, "--dry-run=client", "--namespace", NAMESPACE)
    assert output.rstrip().splitlines()[-1] == "kubectl get aicost -A"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"promtheus": {"url": "http://p"}}, "additional properties 'promtheus' not allowed"),
        ({"logLevel": "debug"}, "'/logLevel': value must be one of 'DEBUG', 'INFO', 'WARNING', 'ERROR'"),
        ({"evaluation": {"closeDay": 31}}, "'/evaluation/closeDay': maximum: got 31, want 28"),
        ({"prometheus": {"dcgmMatchers": {"job": "a,b=c"}}}, "'/prometheus/dcgmMatchers/job': 'a,b=c' does not match"),
        ({"replicaCount": 2}, "'/replicaCount': maximum: got 2, want 1"),
        ({"securityContext": {"runAsUser": 0}}, "'/securityContext/runAsUser': minimum: got 0, want 1"),
        ({"image": {"tag": "latest"}}, "image.tag: latest is another image every day: name a version, or a digest"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_values_are_refused_in_words(render: Render, values: dict[str, Any], message: str) -> None:
    """The message names the value, what is wrong with it and what may stand there."""
    with pytest.raises(CommandFailedError) as refused:
        render(**values)
    assert message in refused.value.stderr
