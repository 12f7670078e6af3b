"""Secret stores, one module each, named by the scheme of their references."""

from collections.abc import Callable

from unleak.core.registry import Registry
from unleak.rotate.ports import Store

STORES: Registry[Callable[..., Store]] = Registry(
    __name__,
    {
        "aws-sm": "aws_secretsmanager:SecretsManager",
        "aws-ssm": "aws_ssm:ParameterStore",
        "azure-kv": "azure_keyvault:KeyVault",
        "doppler": "doppler:Doppler",
        "env": "env:EnvFiles",
        "gcp-sm": "google_secretmanager:GoogleSecretManager",
        "gitlab-ci": "gitlab_ci:GitlabCi",
        "k8s": "kubernetes:KubernetesSecrets",
        "vault-kv": "vault_kv:VaultKv",
        "vercel": "vercel:VercelEnv",
    },
)
