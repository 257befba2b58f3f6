"""Ways into the frameworks that the SDK is used in; each needs its framework, and none other."""
