package io.portward.core.observe;

import org.jspecify.annotations.Nullable;

/**
 * What a finished handshake agreed on.
 *
 * @param version {@code TLSv1.2} or {@code TLSv1.3}
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
}
