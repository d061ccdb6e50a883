package platform.deepseek.cache.answer;

import platform.deepseek.cache.tier.Tier;

/** A tier below memory, and what is written to it. */
public record Rung(Tier tier, WritePolicy policy) {}
