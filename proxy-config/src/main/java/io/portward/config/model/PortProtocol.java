package io.portward.config.model;

/** What a port speaks. */
public enum PortProtocol {
    HTTPS,
    REDIRECT,
    SMTPS,
    IMAPS,
    POP3S,
    TLS;

    /** Whether clients start with a TLS handshake here. */
    public boolean isTls() {
        return this != REDIRECT;
    }

    /** Whether decrypted bytes are forwarded untouched. */
    public boolean isTcp() {
        return isTls() && this != HTTPS;
    }
}
