package io.portward.core.observe;

import java.time.Instant;

/**
 * What is known of one server of a backend at one moment.
 *
 * @param reason why it is not up, for the operator; empty when it is
 * @param since when it came into this condition
 */
public record ServerState(String backend, String server, Condition condition, String reason, Instant since) {

    /** From what gets traffic to what gets none. */
    public enum Condition {
        UP,
        /** The last connection could not be made; others are tried first for a while. */
        UNREACHABLE,
        /** Its answers failed; others are tried first for a while. */
        EJECTED,
        /** Health checks say so; it is not tried. */
        DOWN
    }
}
