package platform.deepseek.auth.token.issuer;

import java.time.Duration;

/**
 * @param refreshAfter age at which an issuer's keys are fetched again
 * @param retryAfter between two attempts, whatever tokens come: an unknown key fetches no oftener
 * @param maxAge that keys are used for while the issuer does not answer
 * @param skew by which an issuer's clock may be ahead of ours
 * @param patience for one answer of an issuer
 * @param plain whether issuers without TLS are taken from other machines
 */
public record IssuerSettings(
    Duration refreshAfter,
    Duration retryAfter,
    Duration maxAge,
    Duration skew,
    Duration patience,
    boolean plain) {}
