package io.portward.config.yaml;

import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.RotateConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section {@code accessLog}. */
final class AccessLogKeys {

    /**
     * Where lines go.
     *
     * @param file null for standard output
     */
    private record Target(@Nullable Path file) {}

    private static final String STDOUT = "stdout";

    private static final long MAX_FILE = 1024L * 1024 * 1024 * 1024;

    private static final ScalarType<Target> TARGET = Scalars.text(
            "the path of a file, or " + STDOUT,
            "^[^\\u0000]+$",
            (text, place) -> new Target(
                    text.equals(STDOUT) ? null : Scalars.FILE.parser().parse(text, place)),
            target -> target.file() == null ? STDOUT : target.file().toString(),
            new Target(null));

    private static final Key<AccessLogConfig, AccessLogConfig.Format> FORMAT = Key.withDefault(
            "format",
            Scalars.choice(AccessLogConfig.Format.class),
            AccessLogConfig.Format.JSON,
            AccessLogConfig::format,
            "json: an object for each request, TCP connection and failed handshake; combined: Apache's format, for requests only.");

    private static final Key<AccessLogConfig, Target> FILE = Key.withDefault(
            "file",
            TARGET,
            new Target(null), // where containers' logs are looked for
            log -> new Target(log.file()),
            "Where the lines go: a file, opened again when it was renamed or removed, or stdout.");

    private static final Key<RotateConfig, Long> SIZE = Key.withDefault(
            "size",
            Scalars.largeSize(0, MAX_FILE),
            RotateConfig.DEFAULT.size(),
            RotateConfig::size,
            "The size at which the file becomes FILE.1 and a new one begins; 0B leaves that to 'every' or to logrotate.");

    private static final Key<RotateConfig, Duration> EVERY = Key.optional(
            "every",
            Scalars.duration(Duration.ofMinutes(1), Duration.ofDays(366)),
            RotateConfig::every,
            "The same at times: 1h at every full hour, 1d at midnight, in UTC; absent means by size only.");

    private static final Key<RotateConfig, Integer> KEEP = Key.withDefault(
            "keep",
            Scalars.number(1, 1000),
            RotateConfig.DEFAULT.keep(),
            RotateConfig::keep,
            "How many files stay beside the current one; older ones are deleted.");

    private static final Section<RotateConfig> ROTATE_SECTION = new Section<>(
            "rotate",
            "When a log file is put aside for a new one.",
            List.of(SIZE, EVERY, KEEP),
            v -> new RotateConfig(v.get(SIZE), v.find(EVERY), v.get(KEEP)));

    private static final Key<AccessLogConfig, RotateConfig> ROTATE = Key.withDefault(
            "rotate",
            ROTATE_SECTION,
            RotateConfig.DEFAULT,
            AccessLogConfig::rotate,
            "When the file is put aside for a new one.");

    private static final Key<AccessLogConfig, Boolean> QUERY = Key.withDefault(
            "query",
            Scalars.BOOLEAN,
            false, // sessions, sign-in codes and passwords travel in queries
            AccessLogConfig::query,
            "Whether the query of a request, and of its Referer, is recorded; it may hold secrets.");

    static final Section<AccessLogConfig> SECTION = new Section<>(
            "accessLog",
            "The record of requests, TCP connections and failed handshakes.",
            List.of(FORMAT, FILE, ROTATE, QUERY),
            v -> new AccessLogConfig(v.get(FORMAT), v.get(FILE).file(), v.get(ROTATE), v.get(QUERY)));

    private AccessLogKeys() {}
}
