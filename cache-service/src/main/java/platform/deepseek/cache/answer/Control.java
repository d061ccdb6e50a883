package platform.deepseek.cache.answer;

import java.util.OptionalLong;

/**
 * What a request says about caching.
 *
 * @param read whether a kept answer will do
 * @param store whether the answer may be kept
 * @param maxAgeMillis of a kept answer that will do
 * @param lifeMillis that the answer may be kept
 */
public record Control(
    boolean read, boolean store, OptionalLong maxAgeMillis, OptionalLong lifeMillis) {}
