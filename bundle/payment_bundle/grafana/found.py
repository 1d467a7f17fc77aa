"""What stands in a Grafana, as far as delivery has to do with it. Shapes: Grafana's HTTP API, versions 8 to 12."""

from __future__ import annotations

from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Folder(_Answer):
    """A folder."""

    uid: str
    title: str


class Stored(_Answer):
    """A dashboard, where it is and who saved it last (``updated`` as Grafana writes it)."""

    content: dict[str, Any] = Field(validation_alias="dashboard")
    folder_uid: str = Field(default="", validation_alias=AliasPath("meta", "folderUid"))
    provisioned: bool = Field(default=False, validation_alias=AliasPath("meta", "provisioned"))
    provisioned_from: str = Field(default="", validation_alias=AliasPath("meta", "provisionedExternalId"))

    @property
    def version(self) -> int:
        """The number that the next save must name."""
        return int(self.content.get("version") or 0)


class Revision(_Answer):
    """One save of a dashboard: by whom, when, and with which words."""

    version: int
    created: str = ""
    created_by: str = Field(default="", validation_alias="createdBy")
    message: str = ""


class Hit(_Answer):
    """A dashboard that a search found."""

    uid: str
    title: str
    folder_uid: str = Field(default="", validation_alias="folderUid")
