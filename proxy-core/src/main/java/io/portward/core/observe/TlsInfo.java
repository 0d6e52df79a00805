package io.portward.core.observe;

import org.jspecify.annotations.Nullable;

/**
 * What a finished handshake agreed on.
 *
 * @param version {@code TLSv1.2} or {@code TLSv1.3}; {@code none} without a handshake here
 * @param cipher the IANA name
 * @param group as tcnative spells it, or {@code none}
 * @param alpn the protocol selected, or {@code none}
 * @param serverName from SNI, lower case without trailing dot; null when the client sent none. Never a metric label
 */
public record TlsInfo(
        String version,
        String cipher,
        String group,
        boolean resumed,
        String alpn,
        @Nullable String serverName) {

    public static final String NONE = "none";

    /** What is known of a connection that somebody else terminates: the name its ClientHello asks for. */
    public static TlsInfo passedThrough(String serverName) {
        return new TlsInfo(NONE, NONE, NONE, false, NONE, serverName);
    }

    /** Whether there was a handshake here. */
    public boolean isTerminated() {
        return !version.equals(NONE);
    }
}
