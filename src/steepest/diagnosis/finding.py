"""Finding: one diagnosed fact with everything that is needed to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One diagnosed fact: claim, numbers, threshold, what would refute it, what to try, and who found the rule.

    `rule` names it, `claim` says it, `evidence` holds the numbers by what they are, `threshold` what they were judged
    by, `refuted_by` what would show it wrong, `advice` what to try, `source` the author and year. `bad` is whether it
    is bad news; a healthy descent is a finding, too.

    >>> print(Finding("settled", "It is at rest.", {"left": 0.0}, "left = 0", "a lower cost", "Keep it.", "-"))
    settled: It is at rest. Judged by: left = 0. It would be refuted by: a lower cost. Keep it.
    """

    rule: str
    claim: str
    evidence: dict[str, float | None]
    threshold: str
    refuted_by: str
    advice: str
    source: str
    bad: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Turn the finding into numbers and strings."""
        return {
            "rule": self.rule,
            "bad": self.bad,
            "claim": self.claim,
            "evidence": dict(self.evidence),
            "threshold": self.threshold,
            "refuted_by": self.refuted_by,
            "advice": self.advice,
            "source": self.source,
        }

    def __str__(self) -> str:
        return (
            f"{self.rule}: {self.claim} Judged by: {self.threshold}. "
            f"It would be refuted by: {self.refuted_by}. {self.advice}"
        )
