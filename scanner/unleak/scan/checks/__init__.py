"""Checks that look at the text of one match: checksums, structure, placeholders."""

from unleak.core.registry import Registry
from unleak.scan.ports import Check

CHECKS: Registry[Check] = Registry(
    __name__,
    {
        "atlassian": "atlassian:check",
        "aws-key-id": "aws_key_id:check",
        "aws-secret": "aws_secret:check",
        "azure-annotated": "azure_annotated:check",
        "azure-identifiable": "azure_identifiable:check",
        "basic-auth": "basic_auth:check",
        "bech32": "bech32:check",
        "claims": "claims:check",
        "crc32-base62": "crc32_base62:check",
        "data-center": "data_center:check",
        "digest": "digest:check",
        "discord": "discord:check",
        "entropy": "entropy:check",
        "flyio": "flyio:check",
        "github-fine-grained": "github_fine_grained:check",
        "gitlab-routable": "gitlab_routable:check",
        "google-service-account": "google_service_account:check",
        "grafana": "grafana:check",
        "jwt": "jwt:check",
        "mixed": "mixed:check",
        "password": "password:check",
        "payload": "payload:check",
        "pem": "pem:check",
        "placeholder": "placeholder:check",
        "published": "published:check",
        "pypi": "pypi:check",
        "reference": "reference:check",
        "vault": "vault:check",
    },
)
