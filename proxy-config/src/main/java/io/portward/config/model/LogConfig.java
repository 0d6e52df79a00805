package io.portward.config.model;

/** What the process logs to stderr. */
public record LogConfig(Level level, Format format) {

    public enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    public enum Format {
        TEXT,
        JSON
    }
}
