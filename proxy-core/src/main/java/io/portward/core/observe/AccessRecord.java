package io.portward.core.observe;

import org.jspecify.annotations.Nullable;

/**
 * Something that has ended, for one line of the access log. Immutable; texts are as the client sent them, cut to {@link #MAX_TEXT}.
 *
 * <p>Times are nanoseconds; {@link #NO_TIME} stands for what did not happen.
 */
public sealed interface AccessRecord {

    long NO_TIME = -1;

    /** Characters of a path, a query or a header that are kept: enough to recognise it, and a bound on the memory of what waits to be written. */
    int MAX_TEXT = 2048;

    /** Unix time of the end, in milliseconds. */
    long atMillis();

    ConnectionFacts connection();

    /**
     * A request that was answered or given up.
     *
     * @param number of the request on its connection, from 1
     */
    record Request(
            long atMillis,
            ConnectionFacts connection,
            long number,
            RequestFacts request,
            int status,
            Outcome outcome,
            Phases phases)
            implements AccessRecord {}

    /** A connection whose bytes were passed on. */
    record Connection(long atMillis, ConnectionFacts connection, Outcome outcome, Phases phases)
            implements AccessRecord {}

    /**
     * A connection without a finished handshake.
     *
     * @param nanos since it was accepted
     */
    record Handshake(long atMillis, ConnectionFacts connection, HandshakeFailure reason, String detail, long nanos)
            implements AccessRecord {}

    /**
     * What was asked.
     *
     * @param id null when nothing but a broken head came
     * @param client who asked, behind trusted proxies too
     * @param target null when it could not be read
     * @param protocol {@code h1} or {@code h2}
     * @param traceId of the header {@code traceparent} (W3C Trace Context); null without one that is valid
     */
    record RequestFacts(
            @Nullable String id,
            String client,
            String method,
            @Nullable Target target,
            String protocol,
            @Nullable String referer,
            @Nullable String userAgent,
            @Nullable String traceId) {}

    /** @param query with its question mark; empty when there is none */
    record Target(String host, String path, String query) {}

    /**
     * What became of it.
     *
     * @param bytesIn of the request's body, or of what the client sent inside TLS
     * @param bytesOut the other way
     * @param backend null when nobody was asked
     * @param server the last one that was connected to; null when there was none
     * @param retries how often another server or connection was tried
     * @param ended {@code complete}, or why not
     */
    record Outcome(
            long bytesIn,
            long bytesOut,
            @Nullable String backend,
            @Nullable String server,
            int retries,
            String ended) {}

    /**
     * Where the time went.
     *
     * @param handshake of the connection; only with its first request
     * @param queued until a connection to a server was there or began to be made
     * @param connect until the last connection to a server was made; {@link #NO_TIME} when there was one already
     * @param firstByte from then to the head of the response
     * @param total from the complete head of the request, or the accepted connection, to the end
     */
    record Phases(long handshake, long queued, long connect, long firstByte, long total) {}

    /** At most {@link #MAX_TEXT} characters of {@code text}. */
    static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
