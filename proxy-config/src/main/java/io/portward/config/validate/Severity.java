package io.portward.config.validate;

/** How bad a {@link Problem} is. */
public enum Severity {
    /** Stops the process from starting, or breaks a port. */
    ERROR,
    /**
     * May be meant, but is about safety, expiry, or clients and requests that do not get what the file says they get; fails only a strict
     * check, and is logged at each start: it may have become true since the last check.
     */
    WARNING,
    /**
     * A warning about a choice that only the file makes, such as an unusual port; fails only a strict check. Who chose it would read it at
     * every start for as long as the file lives, and nginx and Caddy say nothing about such things, so that it is left to the check.
     */
    REMARK;

    /** As it stands in messages: {@code error} or {@code warning}. */
    public String text() {
        return this == ERROR ? "error" : "warning";
    }
}
