package platform.deepseek.cache.entry;

/**
 * An answer as it is handed out.
 *
 * @param computeMillis that a hit saves
 * @param json the caller's object in UTF-8
 */
public record Entry(long createdMillis, long expiresMillis, int computeMillis, byte[] json) {}
