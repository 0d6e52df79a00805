package io.portward.config.validate;

import java.util.Locale;

/** How bad a {@link Problem} is. */
public enum Severity {
    /** Stops the process from starting, or breaks a port. */
    ERROR,
    /** May be meant; fails only a strict check. */
    WARNING;

    /** As it stands in messages: {@code error} or {@code warning}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
