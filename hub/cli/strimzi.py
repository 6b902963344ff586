"""The topics as Strimzi's KafkaTopic resources, for clusters on Kubernetes whose operator owns the topics."""

import re
from collections.abc import Iterable, Mapping

from hub.log.topic_plan import Wanted

NOT_IN_A_NAME = re.compile(r"[^a-z0-9.-]+")
LONGEST_NAME = 253  # characters of a Kubernetes name


def manifests(topics: Mapping[str, Wanted], *, cluster: str) -> str:
    """Return YAML documents, one a topic, that `kubectl apply -f -` takes; `cluster` is the Kafka resource's name."""
    return "".join(_manifest(name, wanted, cluster) for name, wanted in topics.items())


def _manifest(topic: str, wanted: Wanted, cluster: str) -> str:
    return "\n".join(
        [
            "---",
            f"# {wanted.declared.holds}; key: {wanted.declared.key}",
            "apiVersion: kafka.strimzi.io/v1beta2",
            "kind: KafkaTopic",
            "metadata:",
            f'  name: "{resource_name(topic)}"',
            "  labels:",
            f'    strimzi.io/cluster: "{cluster}"',
            "spec:",
            f'  topicName: "{topic}"',
            f"  partitions: {wanted.partitions}",
            f"  replicas: {wanted.copies}",
            "  config:",
            *_settings(wanted.settings.items()),
            "",
        ]
    )


def _settings(settings: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f"    {name}: {value}" if value.isdigit() else f'    {name}: "{value}"' for name, value in settings)


def resource_name(topic: str) -> str:
    """Return a name that Kubernetes takes: Kafka also allows capitals and underscores."""
    return NOT_IN_A_NAME.sub("-", topic.lower())[:LONGEST_NAME].strip("-.")
