"""Partners who speak Kafka: what they write on `in.<tenant>`, what they are sent on `out.<tenant>`, and their access."""
