package io.portward.config.yaml;

import io.portward.config.model.HealthConfig;
import io.portward.config.model.HealthType;
import io.portward.config.model.StatusRange;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The section {@code backends.NAME.health}. */
final class HealthKeys {

    /** Present in every web application. */
    private static final String DEFAULT_PATH = "/";

    /** As HAProxy: a redirect to a login page is an answer of a server that works. */
    private static final StatusRange DEFAULT_EXPECT_STATUS = new StatusRange(200, 399);

    /** With three failures in a row a dead server is noticed within 15 seconds, at one small request in five. */
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

    /** A server that needs longer for its simplest page needs help. */
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(2);

    /** As HAProxy: one good check may be luck. */
    private static final int DEFAULT_RISE = 2;

    /** As HAProxy: two may be lost to a pause. */
    private static final int DEFAULT_FALL = 3;

    private static final Set<String> HTTP = Set.of(Scalars.spell(HealthType.HTTP));

    private static final ScalarType<Integer> COUNT = Scalars.number(1, 100);

    private static final Key<HealthConfig, HealthType> TYPE = Key.required(
            "type",
            Scalars.choice(HealthType.class),
            HealthConfig::type,
            "tcp: the server takes a connection; http: it answers a GET; imap, pop3, smtp: it says its greeting.");

    private static final Key<HealthConfig, String> PATH = Key.withDefault(
                    "path", Scalars.URL_PATH, DEFAULT_PATH, HealthConfig::path, "What is asked for.")
            .onlyFor(HTTP, "only http checks ask for a path");

    private static final Key<HealthConfig, StatusRange> EXPECT_STATUS = Key.withDefault(
                    "expectStatus",
                    Scalars.STATUS_RANGE,
                    DEFAULT_EXPECT_STATUS,
                    HealthConfig::expectStatus,
                    "The status, or the range of them, of a server that works.")
            .onlyFor(HTTP, "only http checks get a status");

    private static final Key<HealthConfig, Duration> INTERVAL = Key.withDefault(
            "interval",
            Scalars.duration(Duration.ofMillis(100), Duration.ofHours(1)),
            DEFAULT_INTERVAL,
            HealthConfig::interval,
            "From the end of a check to the next, a tenth more or less by chance.");

    private static final Key<HealthConfig, Duration> TIMEOUT = Key.withDefault(
            "timeout",
            Scalars.duration(Duration.ofMillis(10), Duration.ofMinutes(5)),
            DEFAULT_TIMEOUT,
            HealthConfig::timeout,
            "For a whole check, connecting included.");

    private static final Key<HealthConfig, Integer> RISE = Key.withDefault(
            "rise",
            COUNT,
            DEFAULT_RISE,
            HealthConfig::rise,
            "Good checks in a row after which a server that is down gets traffic again.");

    private static final Key<HealthConfig, Integer> FALL = Key.withDefault(
            "fall",
            COUNT,
            DEFAULT_FALL,
            HealthConfig::fall,
            "Failed checks in a row after which a server is down; for a server that never passed one, the first is enough.");

    static final Section<HealthConfig> SECTION = new Section<>(
            "health",
            "Checks of each server, so that those which are down get no traffic.",
            List.of(TYPE, PATH, EXPECT_STATUS, INTERVAL, TIMEOUT, RISE, FALL),
            TYPE,
            v -> new HealthConfig(
                    v.get(TYPE),
                    v.get(PATH),
                    v.get(EXPECT_STATUS),
                    v.get(INTERVAL),
                    v.get(TIMEOUT),
                    v.get(RISE),
                    v.get(FALL)),
            List.of());

    private HealthKeys() {}
}
