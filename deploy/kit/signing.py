"""The key that kits and releases are signed with."""

import getpass
from pathlib import Path

import minisign

from deploy.kit.errors import KitError


def secret_key(path: Path) -> minisign.SecretKey:
    """The key in a file of minisign; its password is asked for if it has one. Raises KitError."""
    try:
        key = minisign.SecretKey.from_file(path)
        if key.is_encrypted():
            key.decrypt(getpass.getpass(f"Password of {path}: "))
        return key
    except (minisign.Error, ValueError) as error:
        raise KitError(f"{path} is no secret key of minisign that opens ({error}).") from None


def public_key(key: minisign.SecretKey) -> str:
    """What signatures of `key` are checked with: minisign's line of Base64."""
    return str(minisign.PublicKey.from_secret_key(key).to_base64().decode())
