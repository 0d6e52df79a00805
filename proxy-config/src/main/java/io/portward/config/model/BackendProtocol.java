package io.portward.config.model;

/** How Portward speaks to the servers of a backend when requests go to them. */
public enum BackendProtocol {
    HTTP1,
    /** HTTP/2 without TLS, which the server must know to expect (RFC 9113 §3.3). */
    H2C,
    /** HTTP/1.1 over TLS. */
    HTTPS,
    /** HTTP/2 over TLS, chosen by ALPN (RFC 9113 §3.2). */
    H2;

    public boolean isTls() {
        return this == HTTPS || this == H2;
    }

    public boolean isHttp2() {
        return this == H2C || this == H2;
    }
}
