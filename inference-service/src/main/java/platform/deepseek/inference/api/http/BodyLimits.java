package platform.deepseek.inference.api.http;

import java.time.Duration;

/**
 * What a client may take of the server before there is a request to answer.
 *
 * @param bytes of a body at most
 * @param within how long the body may take to come, from the end of the headers on
 */
record BodyLimits(long bytes, Duration within) {}
