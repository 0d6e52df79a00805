package io.portward.server.accesslog;

import org.jspecify.annotations.Nullable;

/** What is told of the Referer field. */
final class Referers {

    private Referers() {}

    /** Without its query, unless queries are told: it is the query of the request before. */
    static @Nullable String shown(@Nullable String referer, boolean query) {
        if (referer == null || query) {
            return referer;
        }
        int end = referer.indexOf('?');
        return end < 0 ? referer : referer.substring(0, end);
    }
}
