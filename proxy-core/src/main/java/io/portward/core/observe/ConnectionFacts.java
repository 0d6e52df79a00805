package io.portward.core.observe;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What all lines of the access log about one connection say of it.
 *
 * @param id made up here, the same on all of them
 * @param peer who opened the connection: the client, or a load balancer that speaks for it with a PROXY header
 * @param serverName from SNI; null when there was none, or no ClientHello
 * @param ja4 fingerprint of the ClientHello; null without one
 * @param tls null without a finished handshake
 */
public record ConnectionFacts(
        String id,
        ConnectionInfo info,
        InetSocketAddress peer,
        @Nullable String serverName,
        @Nullable String ja4,
        @Nullable TlsInfo tls) {}
