"""Who must sign an agreement, in the order of the signature boxes."""

from dataclasses import dataclass

from hub.agreements.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature that is required. `ref` is None while nobody is named for the role; it is required all the same.

    `role` is learner, guardian, company, provider or current_employer.
    """

    role: str
    ref: str | None


def required_signers(arrangement: Arrangement) -> tuple[Signer, ...]:
    """Return the signatures an agreement needs: every named guardian of a minor, and at least one, signs too."""
    signers = [Signer("learner", arrangement.learner_ref)]
    if arrangement.of_a_minor:
        refs: tuple[str | None, ...] = arrangement.guardian_refs or (None,)
        signers += [Signer("guardian", ref) for ref in dict.fromkeys(refs)]
    signers.append(Signer("company", arrangement.company_signatory_ref))
    signers.append(Signer("provider", arrangement.provider_signatory_ref))
    if arrangement.other_employer_id:
        signers.append(Signer("current_employer", arrangement.current_employer_signatory_ref))
    return tuple(signers)
