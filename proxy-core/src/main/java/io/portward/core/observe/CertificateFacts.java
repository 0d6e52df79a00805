package io.portward.core.observe;

import java.time.Instant;

/**
 * A certificate being served.
 *
 * @param name from the configuration
 * @param algorithm {@code ecdsa} or {@code rsa}
 */
public record CertificateFacts(String name, String algorithm, Instant notAfter) {}
