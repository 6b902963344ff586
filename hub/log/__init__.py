"""The log: where events are appended, and from where groups read them. Embedded: the history; cluster: Kafka."""
