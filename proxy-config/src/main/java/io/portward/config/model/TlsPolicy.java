package io.portward.config.model;

/** Mozilla's server side TLS profiles, by their names. */
public enum TlsPolicy {
    /** TLS 1.3 only. */
    MODERN,
    /** TLS 1.2 and 1.3 with forward secrecy and AEAD ciphers. */
    INTERMEDIATE
}
