"""Who takes part: companies, providers of vocational training, coordinators of regions."""

from typing import Annotated

from schemas.strictness import WHEN_ABSENT, WHEN_NONE, Listed, NotBelow, RequiredUnless, Size, Together, Whole
from schemas.values import (
    Country,
    Day,
    ElmSlug,
    Homepage,
    Label,
    Language,
    Latitude,
    LocalId,
    Longitude,
    Nace,
    Nuts,
    Payload,
    PersonRef,
    Place,
    Slug,
)


class Site(Place):
    """A place where a company works."""

    site_id: LocalId


class Company(Payload):
    """A company that looks for training or offers placements."""

    company_id: Slug
    legal_name: Label
    country: Country
    nuts: Nuts
    languages: Annotated[tuple[Language, ...], Size(1, 10)]

    vat_id: Label | None = None
    nace: Nace | None = None
    size_band: Annotated[str, Listed("micro", "small", "medium", "large")] | None = None
    """Recommendation 2003/361/EC: fewer than 10, 50, 250 people, or more."""
    sites: Annotated[tuple[Site, ...], Size(0, 50)] = ()
    contact_ref: PersonRef | None = None
    signatory_ref: PersonRef | None = None
    contact_cap_per_28_days: Annotated[int, Whole(0, 1000)] | None = None
    """How many enquiries the company accepts in 28 days."""
    homepage: Homepage | None = None


class Coordinator(Payload):
    """An organisation that looks after regions."""

    organisation_id: Slug
    legal_name: Label
    country: Country
    languages: Annotated[tuple[Language, ...], Size(1, 10)]
    nuts: Annotated[tuple[Nuts, ...], Size(1, 200)]
    """Regions looked after; a shorter code stands for everything below it."""

    contact_ref: PersonRef | None = None
    homepage: Homepage | None = None


class Accreditation(Payload):
    """A licence or quality mark; a missing date leaves that side open."""

    type: ElmSlug
    body: Label | None = None
    ref: Label | None = None
    """Number under which the body keeps it."""
    valid_from: Day | None = None
    valid_to: Annotated[Day | None, NotBelow("valid_from")] = None


class Provider(Payload):
    """An organisation that teaches."""

    provider_id: Slug
    legal_name: Label
    country: Country
    languages: Annotated[tuple[Language, ...], Size(1, 10)]
    types: Annotated[
        tuple[Annotated[str, Listed("vet_school", "tech_centre", "university", "company", "private")], ...], Size(1, 5)
    ]
    national: bool = False
    """Whether it teaches everywhere in its country."""
    coverage_nuts: Annotated[tuple[Nuts, ...], Size(0, 200), RequiredUnless("national")] = WHEN_NONE
    """Regions it teaches in at the company's own place; a shorter code stands for everything below it."""

    accreditations: Annotated[tuple[Accreditation, ...], Size(0, 50)] = ()
    lead_time_working_days: Annotated[int, Whole(0, 250)] | None = None
    """Working days (Monday to Friday) between an application and the first lesson."""
    homepage: Homepage | None = None
    nuts: Nuts | None = None
    lat: Latitude | None = None
    lon: Annotated[Longitude | None, Together("lat")] = WHEN_ABSENT
    contact_ref: PersonRef | None = None
    signatory_ref: PersonRef | None = None
