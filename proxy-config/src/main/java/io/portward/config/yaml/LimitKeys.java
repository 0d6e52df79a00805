package io.portward.config.yaml;

import io.portward.config.model.LimitConfig;
import io.portward.config.model.PerAddressConfig;
import java.util.List;

/** The section {@code limits}. */
final class LimitKeys {

    /** Browsers send up to about 32 KiB of cookies for a host; twice that, and still small per connection. */
    private static final int DEFAULT_HEADER_BYTES = 64 * 1024;

    /** Browsers send about 20 fields; peers allow 100 to 128. */
    private static final int DEFAULT_HEADER_COUNT = 128;

    /** RFC 9110 §4.1 asks for 8000 octets at least; long queries reach twice that. */
    private static final int DEFAULT_URI_BYTES = 16 * 1024;

    private static final long MAX_BODY = 1024L * 1024 * 1024 * 1024;

    private static final Key<LimitConfig, Integer> HEADER_BYTES = Key.withDefault(
            "headerBytes",
            Scalars.size(1024, 1024 * 1024),
            DEFAULT_HEADER_BYTES,
            LimitConfig::headerBytes,
            "The largest header section; beyond it a request gets 431.");

    private static final Key<LimitConfig, Integer> HEADER_COUNT = Key.withDefault(
            "headerCount",
            Scalars.number(8, 10_000),
            DEFAULT_HEADER_COUNT,
            LimitConfig::headerCount,
            "The most fields of a header section; beyond it a request gets 431.");

    private static final Key<LimitConfig, Integer> URI_BYTES = Key.withDefault(
            "uriBytes",
            Scalars.size(256, 1024 * 1024),
            DEFAULT_URI_BYTES,
            LimitConfig::uriBytes,
            "The longest request target; beyond it a request gets 414.");

    /** No default: bodies stream through and cost no memory here, and whatever number stood here would break somebody's uploads. */
    private static final Key<LimitConfig, Long> BODY_BYTES = Key.optional(
            "bodyBytes",
            Scalars.largeSize(1, MAX_BODY),
            LimitConfig::bodyBytes,
            "The largest request body; beyond it a request gets 413, in the middle of a body of unknown length too.");

    private static final ScalarType<Integer> COUNT = Scalars.number(1, 1_000_000);

    private static final Key<LimitConfig, Integer> CONNECTIONS = Key.optional(
            "connections",
            COUNT,
            LimitConfig::connections,
            "The most client connections of the whole process; absent means as many as the file descriptors allow.");

    private static final Key<PerAddressConfig, Integer> ADDRESS_CONNECTIONS = Key.optional(
            "connections",
            COUNT,
            PerAddressConfig::connections,
            "Open connections of one address on all ports; beyond it a connection is closed at once.");

    private static final Key<PerAddressConfig, Integer> NEW_CONNECTIONS = Key.optional(
            "newConnectionsPerSecond",
            COUNT,
            PerAddressConfig::newConnectionsPerSecond,
            "New connections of one address a second, and so TLS handshakes, full and resumed; one second's worth at once. Beyond it a connection is closed at once.");

    private static final Key<PerAddressConfig, Integer> REQUESTS = Key.optional(
            "requestsPerSecond",
            COUNT,
            PerAddressConfig::requestsPerSecond,
            "Requests of one address a second on https ports, one second's worth at once; beyond it a request gets 429.");

    private static final Section<PerAddressConfig> PER_ADDRESS_SECTION = new Section<>(
            "perAddress",
            "Upper bounds for each client: an IPv4 address or an IPv6 /64.",
            List.of(ADDRESS_CONNECTIONS, NEW_CONNECTIONS, REQUESTS),
            v -> new PerAddressConfig(v.find(ADDRESS_CONNECTIONS), v.find(NEW_CONNECTIONS), v.find(REQUESTS)));

    /** No default: whole offices, and everybody behind a load balancer that is not in trustedProxies, share one address. */
    private static final Key<LimitConfig, PerAddressConfig> PER_ADDRESS = Key.optional(
            "perAddress",
            PER_ADDRESS_SECTION,
            limits -> limits.perAddress().equals(PerAddressConfig.NONE) ? null : limits.perAddress(),
            "Upper bounds for each client address; absent means none.");

    static final LimitConfig DEFAULT =
            new LimitConfig(DEFAULT_HEADER_BYTES, DEFAULT_HEADER_COUNT, DEFAULT_URI_BYTES, null);

    static final Section<LimitConfig> SECTION = new Section<>(
            "limits",
            "Upper bounds on what a client may send, and on how many there may be.",
            List.of(HEADER_BYTES, HEADER_COUNT, URI_BYTES, BODY_BYTES, CONNECTIONS, PER_ADDRESS),
            LimitKeys::limits);

    private LimitKeys() {}

    private static LimitConfig limits(Values v) {
        PerAddressConfig perAddress = v.find(PER_ADDRESS);
        return new LimitConfig(
                v.get(HEADER_BYTES),
                v.get(HEADER_COUNT),
                v.get(URI_BYTES),
                v.find(BODY_BYTES),
                v.find(CONNECTIONS),
                perAddress == null ? PerAddressConfig.NONE : perAddress);
    }
}
