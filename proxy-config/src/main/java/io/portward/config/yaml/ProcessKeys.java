package io.portward.config.yaml;

import io.portward.config.model.AdminConfig;
import io.portward.config.model.ListenAddress;
import io.portward.config.model.LogConfig;
import io.portward.config.model.ShutdownConfig;
import java.time.Duration;
import java.util.List;

/** The sections that concern the process as a whole: {@code admin}, {@code shutdown}, {@code log}. */
final class ProcessKeys {

    /** Below the 90 seconds that systemd waits, above what a page with slow parts takes. */
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);

    private static final LogConfig.Level DEFAULT_LEVEL = LogConfig.Level.INFO;

    /** People read it first; collectors can ask for JSON. */
    private static final LogConfig.Format DEFAULT_FORMAT = LogConfig.Format.TEXT;

    private static final Key<AdminConfig, ListenAddress> ADMIN_LISTEN = Key.required(
            "listen",
            Scalars.LISTEN,
            AdminConfig::listen,
            "Where /metrics, /backends, /healthz and /readyz are served.");

    private static final Key<AdminConfig, Boolean> ALLOW_REMOTE = Key.withDefault(
            "allowRemote",
            Scalars.BOOLEAN,
            false, // the pages have no password
            AdminConfig::allowRemote,
            "Must be true for an address that other machines can reach.");

    static final Section<AdminConfig> ADMIN = new Section<>(
            "admin",
            "The port for metrics and probes.",
            List.of(ADMIN_LISTEN, ALLOW_REMOTE),
            v -> new AdminConfig(v.get(ADMIN_LISTEN), v.get(ALLOW_REMOTE)));

    private static final Key<ShutdownConfig, Duration> GRACE = Key.withDefault(
            "grace",
            Scalars.duration(Duration.ZERO, Duration.ofDays(1)),
            DEFAULT_GRACE,
            ShutdownConfig::grace,
            "How long connections may finish what they began before they are cut.");

    static final ShutdownConfig DEFAULT_SHUTDOWN = new ShutdownConfig(DEFAULT_GRACE);

    static final Section<ShutdownConfig> SHUTDOWN =
            new Section<>("shutdown", "How the process ends.", List.of(GRACE), v -> new ShutdownConfig(v.get(GRACE)));

    private static final Key<LogConfig, LogConfig.Level> LEVEL = Key.withDefault(
            "level",
            Scalars.choice(LogConfig.Level.class),
            DEFAULT_LEVEL,
            LogConfig::level,
            "The least important lines to log: trace, debug, info, warn or error.");

    private static final Key<LogConfig, LogConfig.Format> FORMAT = Key.withDefault(
            "format",
            Scalars.choice(LogConfig.Format.class),
            DEFAULT_FORMAT,
            LogConfig::format,
            "text for people, json for collectors.");

    static final LogConfig DEFAULT_LOG = new LogConfig(DEFAULT_LEVEL, DEFAULT_FORMAT);

    static final Section<LogConfig> LOG = new Section<>(
            "log",
            "What the process logs to stderr.",
            List.of(LEVEL, FORMAT),
            v -> new LogConfig(v.get(LEVEL), v.get(FORMAT)));

    private ProcessKeys() {}
}
