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

    /** As IIS and Kestrel: no modem in use is slower, and a byte every few seconds is no transfer. */
    private static final int DEFAULT_MIN_RATE = 240;

    /** Between Kestrel's 5 s and Apache's 20 s (mod_reqtimeout): several lost packets in a row on a bad line. */
    private static final Duration DEFAULT_MIN_RATE_GRACE = Duration.ofSeconds(10);

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

    private static final Key<TimeoutConfig, Integer> MIN_RATE = Key.withDefault(
            "minRate",
            Scalars.size(0, 1024 * 1024),
            DEFAULT_MIN_RATE,
            TimeoutConfig::minRate,
            "Bytes a second that a client has to send or take of a body while Portward waits for it, on average; 0B means any.");

    private static final Key<TimeoutConfig, Duration> MIN_RATE_GRACE = Key.withDefault(
            "minRateGrace",
            WAIT,
            DEFAULT_MIN_RATE_GRACE,
            TimeoutConfig::minRateGrace,
            "How long a client may be slower than minRate at the beginning of a body.");

    static final TimeoutConfig DEFAULT = new TimeoutConfig(
            DEFAULT_HEADERS, DEFAULT_IDLE, DEFAULT_CONNECT, DEFAULT_TCP_IDLE, DEFAULT_MIN_RATE, DEFAULT_MIN_RATE_GRACE);

    static final Section<TimeoutConfig> SECTION = new Section<>(
            "timeouts",
            "How long Portward waits.",
            List.of(HEADERS, IDLE, CONNECT, TCP_IDLE, MIN_RATE, MIN_RATE_GRACE),
            v -> new TimeoutConfig(
                    v.get(HEADERS),
                    v.get(IDLE),
                    v.get(CONNECT),
                    v.get(TCP_IDLE),
                    v.get(MIN_RATE),
                    v.get(MIN_RATE_GRACE)));

    private TimeoutKeys() {}
}
