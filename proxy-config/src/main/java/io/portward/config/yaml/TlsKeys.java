package io.portward.config.yaml;

import io.portward.config.model.TicketConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import java.time.Duration;
import java.util.List;

/** The section {@code tls}, at the root and on ports. */
final class TlsKeys {

    /** Mozilla's recommendation for general-purpose servers; TLS 1.2 is still what some mail clients speak. */
    private static final TlsPolicy DEFAULT_POLICY = TlsPolicy.INTERMEDIATE;

    /** Health checks of load balancers and old clients send no name, or the address. */
    private static final UnknownNames DEFAULT_UNKNOWN_NAMES = UnknownNames.FALLBACK;

    /** A handshake takes two round trips; ten seconds cover the slowest lines and bound what a silent client holds. */
    private static final Duration DEFAULT_HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    /** Bounds what one stolen ticket key decrypts, at the price of one more key to try per hour. */
    private static final Duration DEFAULT_ROTATE_EVERY = Duration.ofHours(1);

    /** Covers a working day of return visits; a key is gone for good the night after. */
    private static final Duration DEFAULT_ACCEPT_FOR = Duration.ofHours(12);

    /** Faster rotation would only burn random numbers. */
    private static final Duration LEAST_TICKET_TIME = Duration.ofMillis(100);

    /** RFC 8446 §4.6.1: no ticket lives longer than seven days. */
    private static final Duration MOST_TICKET_TIME = Duration.ofDays(7);

    private static final Key<TicketConfig, Duration> ROTATE_EVERY = Key.withDefault(
            "rotateEvery",
            Scalars.duration(LEAST_TICKET_TIME, MOST_TICKET_TIME),
            DEFAULT_ROTATE_EVERY,
            TicketConfig::rotateEvery,
            "How often a new session ticket key starts to encrypt.");

    private static final Key<TicketConfig, Duration> ACCEPT_FOR = Key.withDefault(
            "acceptFor",
            Scalars.duration(LEAST_TICKET_TIME, MOST_TICKET_TIME),
            DEFAULT_ACCEPT_FOR,
            TicketConfig::acceptFor,
            "How long a ticket key decrypts, counted from its creation; no ticket is accepted later than that.");

    private static final Section<TicketConfig> TICKETS = new Section<>(
            "tickets",
            "Session tickets, by which clients resume without a full handshake.",
            List.of(ROTATE_EVERY, ACCEPT_FOR),
            null,
            v -> new TicketConfig(v.get(ROTATE_EVERY), v.get(ACCEPT_FOR)),
            List.of(new Section.Check(
                    ACCEPT_FOR,
                    v -> v.get(ACCEPT_FOR).compareTo(v.get(ROTATE_EVERY)) >= 0
                            ? null
                            : "'" + Durations.format(v.get(ACCEPT_FOR)) + "' is shorter than rotateEvery, '"
                                    + Durations.format(v.get(ROTATE_EVERY))
                                    + "': the newest tickets would be refused")));

    private static final Key<TlsConfig, TlsPolicy> POLICY = Key.withDefault(
            "policy",
            Scalars.choice(TlsPolicy.class),
            DEFAULT_POLICY,
            TlsConfig::policy,
            "Mozilla's profile: modern (TLS 1.3 only) or intermediate (TLS 1.2 and 1.3).");

    private static final Key<TlsConfig, UnknownNames> UNKNOWN_NAMES = Key.withDefault(
            "unknownNames",
            Scalars.choice(UnknownNames.class),
            DEFAULT_UNKNOWN_NAMES,
            TlsConfig::unknownNames,
            "A client that names no certificate's name, or none: fallback (gets the first certificate) or reject (an alert).");

    private static final Key<TlsConfig, Duration> HANDSHAKE_TIMEOUT = Key.withDefault(
            "handshakeTimeout",
            Scalars.duration(Duration.ofMillis(1), Duration.ofHours(1)),
            DEFAULT_HANDSHAKE_TIMEOUT,
            TlsConfig::handshakeTimeout,
            "How long a handshake may take, from the accepted connection to the client's Finished.");

    private static final Key<TlsConfig, TicketConfig> TICKETS_KEY = Key.withDefault(
            "tickets",
            TICKETS,
            new TicketConfig(DEFAULT_ROTATE_EVERY, DEFAULT_ACCEPT_FOR),
            TlsConfig::tickets,
            "Session tickets, by which clients resume without a full handshake.");

    static final TlsConfig DEFAULT = new TlsConfig(
            DEFAULT_POLICY,
            DEFAULT_UNKNOWN_NAMES,
            DEFAULT_HANDSHAKE_TIMEOUT,
            new TicketConfig(DEFAULT_ROTATE_EVERY, DEFAULT_ACCEPT_FOR));

    static final Section<TlsConfig> SECTION = new Section<>(
            "tls",
            "The TLS rules of a port.",
            List.of(POLICY, UNKNOWN_NAMES, HANDSHAKE_TIMEOUT, TICKETS_KEY),
            v -> new TlsConfig(v.get(POLICY), v.get(UNKNOWN_NAMES), v.get(HANDSHAKE_TIMEOUT), v.get(TICKETS_KEY)));

    private TlsKeys() {}
}
