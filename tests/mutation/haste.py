"""A plugin of pytest for mutants: a property that fails is not made simpler, nor remembered."""

from hypothesis import Phase, settings

settings.register_profile(
    "haste",
    phases=[Phase.explicit, Phase.generate],
    database=None,
    deadline=None,
    derandomize=True,
)
