"""What is said about companies, providers and coordinators."""

from events.base import COMPANY, COORDINATOR, PROVIDER, Event, Seen
from events.topics import CATALOGUE
from schemas.organisations import Company, Coordinator, Provider


class AboutOrganisations(Event):
    """A fact about an organisation; the subject is its slug, and so is what order is kept by."""

    TOPIC = CATALOGUE
    NOUN = "organisation"
    SEEN = Seen.OWNER

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the organisation decides
        """Return the organisation's slug."""
        return self.subject


class WholeCompany(AboutOrganisations, Company):
    """A company as it, or its coordinator, states it."""

    SAID_BY = frozenset({COMPANY, COORDINATOR})
    OWNER = "company_id"

    def whereabouts(self) -> tuple[str, ...]:
        """Return where the company is."""
        return (self.nuts,)

    def own_subject(self) -> str:
        """Return the company's slug."""
        return self.company_id


class CompanyRegistered(WholeCompany):
    """A company joins."""

    TYPE = "company.registered"


class CompanyUpdated(WholeCompany):
    """A company is stated anew, as a whole."""

    TYPE = "company.updated"


class WholeProvider(AboutOrganisations, Provider):
    """A provider as it, or its coordinator, states it."""

    SAID_BY = frozenset({PROVIDER, COORDINATOR})
    OWNER = "provider_id"

    def whereabouts(self) -> tuple[str, ...]:
        """Return where the provider is, or teaches."""
        return (self.nuts,) if self.nuts else self.coverage_nuts or (self.country,)

    def own_subject(self) -> str:
        """Return the provider's slug."""
        return self.provider_id


class ProviderRegistered(WholeProvider):
    """A provider joins."""

    TYPE = "provider.registered"


class ProviderUpdated(WholeProvider):
    """A provider is stated anew, as a whole."""

    TYPE = "provider.updated"


class WholeCoordinator(AboutOrganisations, Coordinator):
    """A coordinator as it states itself."""

    SAID_BY = frozenset({COORDINATOR})
    OWNER = "organisation_id"

    def own_subject(self) -> str:
        """Return the coordinator's slug."""
        return self.organisation_id


class CoordinatorRegistered(WholeCoordinator):
    """A coordinator joins."""

    TYPE = "coordinator.registered"


class CoordinatorUpdated(WholeCoordinator):
    """A coordinator is stated anew, as a whole."""

    TYPE = "coordinator.updated"
