"""How much a run may spend; the limit that is met first ends it."""

from __future__ import annotations

from pydantic import model_validator

from nas.core.config import Config, setting


class Budget(Config):
    """Limits of a run. At least one must be set. Trials count when asked for; retries a person asks for come on top."""

    trials: int | None = setting(
        60,
        title="Trials",
        description="How many architectures are evaluated; what a supernet scores along the way does not count.",
        unit="trials",
        ge=1,
        le=1_000_000,
    )
    wall_seconds: float | None = setting(
        None,
        title="Wall time",
        description="After this time no new trial is started; those that run are finished. Pauses do not count.",
        unit="s",
        gt=0,
        le=365 * 86_400,
    )

    @model_validator(mode="after")
    def _is_bounded(self) -> Budget:
        if self.trials is None and self.wall_seconds is None:
            raise ValueError("a run needs a limit: a number of trials, a wall time, or both")
        return self
