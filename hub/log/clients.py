"""How every Kafka client of the hub reaches the broker: addresses, and what it says of itself (SASL, TLS).

FastStream's broker, the relay's producer, the readers and the admin clients all take their options from here.
"""

import ssl
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from hub.errors import WrongSetting
from hub.settings import Broker

SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def connection(broker: Broker | str) -> dict[str, Any]:
    """Return the options by which an aiokafka client connects; bare addresses connect in plain text."""
    if isinstance(broker, str):
        return {"bootstrap_servers": broker}
    options: dict[str, Any] = {"bootstrap_servers": broker.addresses, "security_protocol": protocol(broker)}
    if broker.tls:
        options["ssl_context"] = tls_context(broker)
    if broker.user:
        options["sasl_mechanism"] = broker.mechanism
        options["sasl_plain_username"] = broker.user
        options["sasl_plain_password"] = broker.password
    return options


def security(broker: Broker | str) -> BaseSecurity | None:
    """Return the same as FastStream takes it."""
    if isinstance(broker, str) or not (broker.tls or broker.user):
        return None
    context = tls_context(broker) if broker.tls else None
    if not broker.user:
        return BaseSecurity(ssl_context=context, use_ssl=True)
    return SASL[broker.mechanism](
        username=broker.user, password=broker.password, ssl_context=context, use_ssl=broker.tls
    )


def librdkafka(broker: Broker | str) -> dict[str, Any]:
    """Return the same as confluent-kafka's clients take it."""
    if isinstance(broker, str):
        return {"bootstrap.servers": broker}
    options = {
        "bootstrap.servers": broker.addresses,
        "security.protocol": protocol(broker),
        "ssl.ca.location": str(broker.ca) if broker.tls and broker.ca else None,
        "ssl.certificate.location": str(broker.certificate) if broker.tls and broker.certificate else None,
        "ssl.key.location": str(broker.key) if broker.tls and broker.key else None,
        "sasl.mechanism": broker.mechanism if broker.user else None,
        "sasl.username": broker.user,
        "sasl.password": broker.password if broker.user else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def protocol(broker: Broker) -> str:
    """Return Kafka's name for how we speak with it."""
    return ("SASL_" if broker.user else "") + ("SSL" if broker.tls else "PLAINTEXT")


def tls_context(broker: Broker) -> ssl.SSLContext:
    """Return what to trust and what to show; raises WrongSetting for files that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=str(broker.ca) if broker.ca else None)
        if broker.certificate:
            context.load_cert_chain(str(broker.certificate), str(broker.key) if broker.key else None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(each) for each in (broker.ca, broker.certificate, broker.key) if each)
        raise WrongSetting(
            f"the TLS files {files} cannot be used ({error}); VET_HUB_LOG_CA, VET_HUB_LOG_CERT and VET_HUB_LOG_KEY "
            "must name PEM files that this user may read"
        ) from error
    return context
