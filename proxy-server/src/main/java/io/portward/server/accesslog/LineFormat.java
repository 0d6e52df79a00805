package io.portward.server.accesslog;

import io.portward.core.observe.AccessRecord;

/** Makes lines of records. Threading: one thread, that of the log. */
interface LineFormat {

    /**
     * Appends one line with its line feed, and nothing but one line whatever clients sent.
     *
     * @return false when this format has no line for such a record
     */
    boolean append(StringBuilder out, AccessRecord line);

    /**
     * The same for failed handshakes that got no lines of their own.
     *
     * @param port as configured
     */
    boolean appendLeftOut(StringBuilder out, long atMillis, String port, long count);
}
