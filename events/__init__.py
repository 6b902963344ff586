"""Facts: what was said about the nouns of `schemas`, the CloudEvents around them, and where they go."""
