package io.portward.config.yaml;

import io.portward.config.model.TimeoutConfig;
import java.time.Duration;
import java.util.List;

/** The section {@code timeouts}, at the root, on ports and on backends. */
final class TimeoutKeys {

    /** As nginx and Caddy: enough for large cookies on a bad line, short against slow-header attacks. */
    private static final Duration DEFAULT_HEADERS = Duration.ofSeconds(60);

    /** As nginx: browsers reuse within a minute; an idle connection is cheap but not free. */
    private static final Duration DEFAULT_IDLE = Duration.ofSeconds(75);

    /** Three lost SYNs are seven seconds; a server in the same network answers in milliseconds or not at all. */
    private static final Duration DEFAULT_CONNECT = Duration.ofSeconds(5);

    /** IMAP servers must let a client be silent for 30 minutes (RFC 9051 §5.4), and IDLE is renewed every 29 (RFC 2177). */
    private static final Duration DEFAULT_TCP_IDLE = Duration.ofMinutes(35);

    private static final ScalarType<Duration> WAIT = Scalars.duration(Duration.ofMillis(1), Duration.ofDays(30));

    private static final Key<TimeoutConfig, Duration> HEADERS = Key.withDefault(
            "headers",
            WAIT,
            DEFAULT_HEADERS,
            TimeoutConfig::headers,
            "For a complete header section, of a request from its first byte and of a backend's response.");

    private static final Key<TimeoutConfig, Duration> IDLE = Key.withDefault(
            "idle",
            WAIT,
            DEFAULT_IDLE,
            TimeoutConfig::idle,
            "For an https connection without a request, and for a request or response that makes no progress.");

    private static final Key<TimeoutConfig, Duration> CONNECT = Key.withDefault(
            "connect", WAIT, DEFAULT_CONNECT, TimeoutConfig::connect, "For a connection to a server of a backend.");

    private static final Key<TimeoutConfig, Duration> TCP_IDLE = Key.withDefault(
            "tcpIdle",
            WAIT,
            DEFAULT_TCP_IDLE,
            TimeoutConfig::tcpIdle,
            "For a tls, mail or upgraded connection on which neither side says anything.");

    static final TimeoutConfig DEFAULT =
            new TimeoutConfig(DEFAULT_HEADERS, DEFAULT_IDLE, DEFAULT_CONNECT, DEFAULT_TCP_IDLE);

    static final Section<TimeoutConfig> SECTION = new Section<>(
            "timeouts",
            "How long Portward waits.",
            List.of(HEADERS, IDLE, CONNECT, TCP_IDLE),
            v -> new TimeoutConfig(v.get(HEADERS), v.get(IDLE), v.get(CONNECT), v.get(TCP_IDLE)));

    private TimeoutKeys() {}
}
