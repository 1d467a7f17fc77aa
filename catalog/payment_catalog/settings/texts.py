"""Texts that are restricted to what is safe in PromQL, YAML and templates."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

#: A DNS label. It has no description of its own, which would stand in place of that of each setting.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._:/@-]{1,128}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$")]
Target = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")]
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[#@][A-Za-z0-9._-]{1,80}$")]
Bucket = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
Registry = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/:-]{0,126}[a-z0-9]$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/-]+$")]
ExtensionName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}(:[A-Za-z_][A-Za-z0-9_]{0,100})?$"),
    Field(description="The name under which an installed package offers it, or module:attribute."),
]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Merchant = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$")]
