"""The generated routing in the form that a tenant's Alertmanager takes: one text, and templates without a folder.

Mimir and Cortex refuse a configuration that names a file with a credential, so the credential itself is put there.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.messages import TEMPLATES
from payment_bundle.rendering import NOTICE, as_yaml, render
from payment_bundle.ruler.api import Routing
from payment_catalog.documents import YamlDocument
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

_FILE = "_file"
_HEADER = f"# {NOTICE}\n"


class SecretsError(ForeseenError):
    """Files with credentials that are not there."""


def configuration(catalog: Catalog) -> dict[str, Any]:
    """Return ``alertmanager.yml`` as it is generated, for an Alertmanager that reads files."""
    return _configuration(alertmanager(catalog, alert_groups(catalog)))


def tenant_routing(catalog: Catalog, credential: Callable[[str], str]) -> Routing:
    """Return what a tenant is sent; ``credential`` returns what stands in the file of a path of the settings."""
    documents = alertmanager(catalog, alert_groups(catalog))
    templates = {
        PurePosixPath(path).name: render(path, document).decode()
        for path, document in documents.items()
        if PurePosixPath(path).is_relative_to(TEMPLATES)
    }
    content = {**_with_credentials(_configuration(documents), credential), "templates": sorted(templates)}
    return Routing(alertmanager_config=f"{_HEADER}{as_yaml(content)}", template_files=templates)


def is_ours(routing: Routing) -> bool:
    """Whether a tenant's configuration is one that was sent from here, and not saved by another program since."""
    return routing.alertmanager_config.startswith(_HEADER)


def credentials_in(directory: Path | None) -> Callable[[str], str]:
    """Return what reads a credential: from its path, or from the file of the same name in ``directory``.

    What it returns raises SecretsError for a file that cannot be read or is empty.
    """

    def read(path: str) -> str:
        file = directory / PurePosixPath(path).name if directory else Path(path)
        try:
            text = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no text"
            raise SecretsError(
                f"{file}: cannot be read ({reason}); a tenant's Alertmanager takes no files, so the credential itself "
                "is sent: name the folder that has the files as --secrets"
            ) from None
        if not text:
            raise SecretsError(f"{file}: is empty; expected a credential")
        return text

    return read


def _configuration(documents: Documents) -> dict[str, Any]:
    document = documents[CONFIGURATION]
    if not isinstance(document, YamlDocument):
        raise TypeError(f"{CONFIGURATION} is no YAML")
    return cast("dict[str, Any]", document.content)


def _with_credentials(content: Any, credential: Callable[[str], str]) -> Any:
    match content:
        case dict():
            return {
                key.removesuffix(_FILE): credential(value)
                if key.endswith(_FILE) and isinstance(value, str)
                else _with_credentials(value, credential)
                for key, value in content.items()
            }
        case list():
            return [_with_credentials(item, credential) for item in content]
    return content
