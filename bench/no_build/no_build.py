"""A build system that builds nothing: it reads name and version, which every sdist has in PKG-INFO."""

from email import message_from_bytes
from pathlib import Path


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    """Nothing is needed."""
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
    """Write the least metadata that pip accepts; returns the name of the folder."""
    info = message_from_bytes(Path("PKG-INFO").read_bytes())
    folder = Path(metadata_directory, f"{info['Name'].replace('-', '_')}-{info['Version']}.dist-info")
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {info['Name']}\nVersion: {info['Version']}\n"
    (folder / "METADATA").write_text(text)
    return folder.name
