package io.portward.config.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where and how requests and connections are recorded.
 *
 * @param file null for standard output
 * @param rotate of {@code file}; without meaning for standard output
 * @param query whether queries are recorded, which may hold tokens and passwords
 */
public record AccessLogConfig(Format format, @Nullable Path file, RotateConfig rotate, boolean query) {

    /** What a line looks like. */
    public enum Format {
        /** One object a line, for requests, TCP connections and failed handshakes. */
        JSON,
        /** The format that Apache calls so, for requests only. */
        COMBINED
    }
}
