"""Settings: environment variables `VET_HUB_*`, or a TOML file named by `VET_HUB_CONFIG` (default `vet-hub.toml` here)."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from hub.errors import WrongSetting

PREFIX = "VET_HUB_"
BESIDE = ("CONFIG", "GROUPS", "INSTANCE", "KEY", "KILL_AT", "URL")  # read elsewhere: by commands, by one process
NOT_OURS = ("TEST_", "REQUIRE_")  # the tests' own


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Kafka is, and what its clients show of themselves; as text its addresses alone."""

    addresses: str
    user: str | None = None
    password: str = field(default="", repr=False)
    mechanism: str = "SCRAM-SHA-512"
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return self.addresses


class Settings(BaseSettings):
    """Everything that can be set. Unset URLs mean the embedded hub: SQLite in `data`, mails in a local mailbox."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data: Path = Field(Path("vet-hub-data"), description="folder of the embedded hub")
    database_url: str | None = Field(None, description="postgresql+asyncpg://user@host/database (cluster)")
    log_url: str | None = Field(None, description="kafka://host:port,host:port (cluster)")
    log_user: str | None = Field(None, description="who the hub is for Kafka (SASL); unset: nobody asks")
    log_password: SecretStr | None = Field(None, description="that user's password")
    log_password_file: Path | None = Field(None, description="file that holds it, instead of VET_HUB_LOG_PASSWORD")
    log_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how the password is shown to Kafka"
    )
    log_tls: bool = Field(False, description="whether Kafka is spoken to through TLS")
    log_ca: Path | None = Field(None, description="PEM file of the authorities trusted for it; unset: the system's")
    log_cert: Path | None = Field(None, description="PEM file of the hub's own certificate, where Kafka asks for one")
    log_key: Path | None = Field(None, description="PEM file of its private key, where that is a file of its own")
    topic_prefix: str = Field("", description="put before every topic and group, to share a broker")
    replication: int | None = Field(
        None, ge=1, description="copies Kafka keeps of a record; unset: 3, or as many as there are brokers"
    )
    partitions: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description='other numbers of partitions than declared, {"hub.cooperation.v1": 24}'
    )
    smtp_url: str | None = Field(None, description="smtp://, smtp+starttls:// or smtps://[user:password@]host:port")
    mail_from: str = Field("vet-hub <hub@vet-hub.example>", description="sender of every mail")
    handlers: str = Field("handlers:ROUTERS", description="module:attribute of the routers")
    host: str = Field("127.0.0.1", description="address the web part listens on")
    port: int = Field(8480, ge=0, le=65535, description="port the web part listens on")
    health_port: int | None = Field(
        None, ge=0, le=65535, description="port on which any process answers /livez, /readyz and /metrics; unset: none"
    )
    public_url: str | None = Field(None, description="how partners reach the hub, for links in mails")
    rate: float = Field(200.0, gt=0, description="events a second that one key may post over time")
    burst: int = Field(1000, ge=100, description="events that one key may post at once")
    outbox_limit: int = Field(100_000, ge=1, description="unsent events above which ingest answers 503")
    batch: int = Field(200, ge=1, le=1000, description="events a group takes at once")
    respond_by_days: int = Field(5, ge=1, description="working days a provider has to answer")
    match_days: int = Field(21, ge=1, description="days after which an open match expires")
    sweep_minutes: int = Field(
        10, ge=1, description="how often open matches and gaps that missed a change are re-matched"
    )
    digest_at: time = Field(
        time(7), description="local time of coordinators' morning mails on working days, as in 07:30"
    )
    lag_warn: float = Field(10.0, gt=0, description="seconds the oldest event may wait before a group is no longer OK")
    lag_every: float = Field(10.0, ge=1, le=60, description="seconds between two samples of how groups stand")
    lag_samples: int = Field(6, ge=2, le=60, description="samples in a row that tell whether a group moves")
    ruleset: str | None = Field(None, description="version of the matching rules; unset: the newest")
    rates: dict[str, Decimal] = Field(
        default_factory=dict, description='what one unit of another currency is worth in EUR, {"PLN": "0.23"}'
    )
    otlp_url: str | None = Field(
        None, description="OpenTelemetry collector that traces go to, as http://host:4318; unset: no traces"
    )
    log_level: str = Field("info", description="debug, info, warning or error")

    @field_validator("log_url")
    @classmethod
    def _kafka(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("kafka://"):
            raise ValueError("must look like kafka://host:port")
        return value

    @field_validator("digest_at")
    @classmethod
    def _local(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("must be without an offset: it is each coordinator's own time")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("postgresql+asyncpg://"):
            raise ValueError("must look like postgresql+asyncpg://user@host:port/database")
        return value

    @model_validator(mode="after")
    def _both_or_neither(self) -> "Settings":
        if (self.database_url is None) != (self.log_url is None):
            raise ValueError(
                "VET_HUB_DATABASE_URL and VET_HUB_LOG_URL belong together: set both (cluster) or neither (embedded)"
            )
        return self

    @model_validator(mode="after")
    def _whole_login(self) -> "Settings":
        if self.log_password is not None and self.log_password_file is not None:
            raise ValueError("VET_HUB_LOG_PASSWORD and VET_HUB_LOG_PASSWORD_FILE say the same thing; set one of them")
        if (self.log_user is None) != (self.log_password is None and self.log_password_file is None):
            raise ValueError("VET_HUB_LOG_USER and its password belong together: set both or neither")
        if not self.log_tls and (self.log_ca or self.log_cert or self.log_key):
            raise ValueError(
                "VET_HUB_LOG_CA, VET_HUB_LOG_CERT and VET_HUB_LOG_KEY do nothing without VET_HUB_LOG_TLS=1"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether this is the one-process hub on SQLite."""
        return self.database_url is None

    @property
    def sqlite_path(self) -> Path:
        """Where the embedded hub keeps its database."""
        return self.data / "hub.db"

    @property
    def url(self) -> str:
        """The database as a URL, embedded or not."""
        return self.database_url or f"sqlite:///{self.sqlite_path}"

    @property
    def bootstrap(self) -> Broker:
        """Where Kafka is and how to get in; raises WrongSetting for a password file that cannot be read."""
        return Broker(
            (self.log_url or "").removeprefix("kafka://"),
            user=self.log_user,
            password=self._log_password(),
            mechanism=self.log_mechanism,
            tls=self.log_tls,
            ca=self.log_ca,
            certificate=self.log_cert,
            key=self.log_key,
        )

    def _log_password(self) -> str:
        if self.log_password_file is None:
            return self.log_password.get_secret_value() if self.log_password else ""
        try:
            return self.log_password_file.read_text().rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise WrongSetting(
                f"{PREFIX}LOG_PASSWORD_FILE = {str(self.log_password_file)!r} cannot be read: {error}"
            ) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        _ = dotenv_settings, file_secret_settings
        return init_settings, env_settings, _file(settings_cls)


def _file(settings_cls: type[BaseSettings]) -> TomlConfigSettingsSource:
    named = os.environ.get(f"{PREFIX}CONFIG")
    path = Path(named or "vet-hub.toml")
    if named and not path.is_file():
        raise WrongSetting(
            f"{PREFIX}CONFIG names {named}, and there is no such file; name one that is there, or unset it"
        )
    try:
        return TomlConfigSettingsSource(settings_cls, path)
    except (OSError, ValueError) as broken:  # what is no TOML and what is no UTF-8 are both ValueErrors
        raise WrongSetting(f"{path} cannot be read as TOML in UTF-8: {broken}") from None


def load(**given: Any) -> Settings:
    """Read the settings; arguments that are None count as not given. Raises WrongSetting with name, value and cure."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as problem:
        raise WrongSetting("; ".join(_sentence(error) for error in problem.errors())) from None


def misspelt() -> list[str]:
    """Return a sentence for each name in the environment or the file that looks like a setting and is none."""
    file = _file(Settings)
    known = [name.upper() for name in Settings.model_fields]
    ours = [name.removeprefix(PREFIX) for name in sorted(os.environ) if name.startswith(PREFIX)]
    odd = [name for name in ours if name not in (*known, *BESIDE) and not name.startswith(NOT_OURS)]
    said = [_no_setting(name, [*known, *BESIDE], where="the environment", prefix=PREFIX) for name in odd]
    strange = sorted(set(file.toml_data) - set(Settings.model_fields))
    return said + [_no_setting(name, list(Settings.model_fields), where=str(file.toml_file_path)) for name in strange]


def _no_setting(name: str, known: Sequence[str], *, where: str, prefix: str = "") -> str:
    near = get_close_matches(name, known, n=1)
    cure = f"did you mean {prefix}{near[0]}?" if near else "take it out"
    return f"{prefix}{name} in {where} is no setting of the hub and does nothing; {cure}"


def _sentence(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    given = re.sub(r"//[^/@\s]*@", "//…@", str(error["input"]))  # a password must not reach a terminal or a log
    return f"{PREFIX}{name.upper()} = {given!r}: {message} ({Settings.model_fields[name].description})"
