package io.portward.core.observe;

import java.util.Locale;

/** Why a connection on a TLS port ended without a finished handshake: the closed list of the metric's {@code reason} label. */
public enum HandshakeFailure {
    /** Handshake not finished within {@code tls.handshakeTimeout}. */
    TIMEOUT,
    /** The client closed in an orderly way before the end. */
    CLIENT_CLOSED,
    /** The client's side reset the connection. */
    RESET,
    /** An HTTP request in plain text. */
    PLAIN_HTTP,
    /** First bytes that are not a TLS record. */
    NOT_TLS,
    /** TLS, but broken. */
    MALFORMED,
    /** No server name, where unknown names are rejected or every route is for one. */
    NO_SNI,
    /** A server name that no certificate covers, where unknown names are rejected; or one that no route is for. */
    UNKNOWN_SNI,
    NO_SHARED_VERSION,
    NO_SHARED_CIPHER,
    NO_SHARED_GROUP,
    NO_SHARED_SIGNATURE,
    NO_SHARED_ALPN,
    CLIENT_ALERT_UNKNOWN_CA,
    CLIENT_ALERT_BAD_CERTIFICATE,
    CLIENT_ALERT_CERTIFICATE_EXPIRED,
    CLIENT_ALERT_CERTIFICATE_UNKNOWN,
    CLIENT_ALERT_OTHER,
    CLIENT_CERT_MISSING,
    CLIENT_CERT_UNTRUSTED,
    CLIENT_CERT_EXPIRED,
    CLIENT_CERT_REVOKED,
    BAD_PROXY_HEADER,
    /** Over a connection limit. */
    LIMITED,
    BANNED,
    /** Portward was stopping. */
    SHUTDOWN,
    INTERNAL;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The value of the metric's label. */
    public String label() {
        return label;
    }
}
