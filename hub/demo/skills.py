"""The ESCO skills of the story under short names, so that its tables stay readable.

This service uses the ESCO classification of the European Commission.
"""

from hub.skills.pack import SKILL, label

TABLE = """
S1  03b9453e-d14d-46bc-baf5-f6a6fbaa3bb7  S2  087521a5-830f-4b9f-80d7-ea38d34f461b
S3  eafd7e5f-cd03-4501-bfca-be362e80c6e1  S4  881cd4ec-5b52-46c6-abc4-60551d58b355
S5  ec3e024f-87e8-4e92-a3e9-177cb9638a3e  S6  e6b31fc5-97c4-45b3-bb5b-5c93e5711d5d
S7  11a76a95-66c1-43e0-91f0-be1cc5d05964  S8  b34e2ba1-9080-48c9-9b42-ee9192a4d3f1
S9  7a757fa5-9a6f-43ab-9e66-f8f4dba1ffcb  S10 2afb2b59-c9a3-4cf3-b1dd-1a2fad51e583
S11 3a2d5b45-56e4-4f5a-a55a-4a4a65afdc43  S12 1abcc511-ba5a-42e0-8d88-7efb39af4c36
S13 40ae7e06-5eb8-40cd-a755-ad7152bdb01e  S14 ad21611d-1380-4daa-898e-d8b87fc083a1
S15 f2ce1560-2a29-41e9-b81b-bbe1554202d8  S16 c8d75bf4-ad0d-4f36-8cdc-265a7b044881
S17 f7a1ccf0-fb40-49ef-ae9b-8a1f8646c218  S18 26f17354-aa39-464a-8c02-266a50f9d789
S19 1f857013-3fbc-4205-b904-fe6506744687  S20 737abc6e-60a9-4c49-b11e-1e0e584771bb
S21 36dc0b74-84ee-4be2-a91c-0a91b4576a21  S22 88f0a98e-4b90-479b-9b5a-f5f8cbe0b49e
S23 36966fbf-bbe2-4c3d-93cf-ca1d665f3012  S24 59d50ec6-237f-4f65-a06b-7b449d55ff99
S25 f1862304-f1e7-444c-be2b-08e1fc9a988a  S26 8f4518fb-db84-4631-a812-d859729dee54
S27 7e71fbcf-ebf8-4164-829b-e16b68aa9432  S28 58db4bf3-b283-4498-8024-336773c4f879
S29 e8664a7b-aef5-4db7-89c6-fe50ba22ef07  S30 82fea746-853f-4f1b-8ab7-55de8619cccd
S31 f1b5800e-b763-4740-9586-3fef30568e81  S32 f0393af3-bcd9-41af-a36e-0cfb83b60081
S33 f049d050-12da-4e40-813a-2b5eb6df6b51  S34 7d913551-e17a-40ba-baf7-48d0c3b12e50
S35 17b3af3e-0bd5-4388-9fb4-db5d241aa9d8  S36 22c45bf7-e52b-475f-847b-c32a87f65a5d
S37 d2c81ad1-2439-43cf-9c63-204187b8f771  S38 73a9561d-112c-4d8a-9d5f-b2c11c5bbd5f
S39 5a23ed81-6c48-4631-a2a5-740f8079f50b  S40 24530d21-e744-427d-98df-48164f2bfe1c
S41 9d74924b-bb58-4998-9112-19da9238687b  S42 43dfbe7f-9e10-4871-b171-e5076737b4cf
S43 e54ff029-1ce9-447d-a5b2-eb7283a23e6e  S44 4dafe480-f2ae-46b5-bd5e-8d4e538f50c7
S45 dcc96a49-0bac-4a9c-8f8e-a32b4e47e6eb  S46 6bc57b80-37c8-4c9a-be7b-960d2e44fb77
S47 156f8c5b-894a-4ccc-a70e-37a2726f3f00  S48 2eb2fd88-0fde-49cd-9d9f-8ae823f52b3d
"""
_WORDS = TABLE.split()
SKILLS = {name: SKILL + uuid for name, uuid in zip(_WORDS[::2], _WORDS[1::2], strict=True)}
"""Short name → concept URI."""


def title(name: str) -> str:
    """Return a skill's label as a heading."""
    words = label(SKILLS[name]) or name
    return words[:1].upper() + words[1:]
