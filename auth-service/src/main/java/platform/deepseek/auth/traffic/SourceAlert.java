package platform.deepseek.auth.traffic;

/**
 * A source that sent more than it may before somebody is told.
 *
 * @param source an IPv4 address, or the /64 prefix of an IPv6 address
 * @param requests of about the last minute, of all replicas together
 * @param limit that they are more than
 */
public record SourceAlert(String source, long requests, long limit) {}
