package io.portward.core.error;

import java.util.Locale;

/**
 * Every reason for which Portward answers a request itself with an error, and the table from it to the answer.
 *
 * <p>{@link #closes} is about HTTP/1: whether the connection can carry no further request. HTTP/2 closes the stream only.
 */
public enum ErrorKind {
    /** RFC 9112 §2.2, §3, §5, §6: syntax or framing that two readers could take differently. */
    MALFORMED_REQUEST(400, true, "Bad Request"),
    NO_ROUTE(404, false, "Not Found"),
    /** CONNECT would make an open tunnel of a reverse proxy, TRACE would echo credentials. */
    METHOD_REFUSED(405, true, "Method Not Allowed"),
    /** The client did not send the request in time (RFC 9110 §15.5.9). */
    REQUEST_TIMEOUT(408, true, "Request Timeout"),
    BODY_TOO_LARGE(413, true, "Content Too Large"),
    URI_TOO_LONG(414, true, "URI Too Long"),
    /** An Expect other than 100-continue (RFC 9110 §10.1.1). */
    EXPECTATION_FAILED(417, true, "Expectation Failed"),
    /** The host is not one this connection may ask for (RFC 9110 §15.5.20). */
    MISDIRECTED(421, false, "Misdirected Request"),
    /** More than the client's address may ask in a second (RFC 6585 §4). */
    TOO_MANY_REQUESTS(429, false, "Too Many Requests"),
    HEADERS_TOO_LARGE(431, true, "Request Header Fields Too Large"),
    INTERNAL(500, true, "Internal Server Error"),
    /** No server could be reached, or it went away before it answered. */
    UPSTREAM_UNREACHABLE(502, false, "Bad Gateway"),
    /** What the server sent is not a well framed response. */
    UPSTREAM_MALFORMED(502, false, "Bad Gateway"),
    /** Every server of the backend is known to be down. */
    UPSTREAM_DOWN(503, false, "Service Unavailable"),
    /** The backend has as many requests as it may have, and no more may wait or this one has waited for long enough. */
    UPSTREAM_BUSY(503, false, "Service Unavailable"),
    UPSTREAM_TIMEOUT(504, false, "Gateway Timeout");

    private final int status;
    private final boolean closes;
    private final String reason;

    ErrorKind(int status, boolean closes, String reason) {
        this.status = status;
        this.closes = closes;
        this.reason = reason;
    }

    public int status() {
        return status;
    }

    public boolean closes() {
        return closes;
    }

    /** Reason phrase and text of the body: it tells neither version nor internals. */
    public String reason() {
        return reason;
    }

    /** For the operator's log: the constant in words. */
    public String description() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Whether the operator should hear of it at WARN rather than DEBUG: it is not something a client can cause at will. */
    public boolean isOperational() {
        return status >= 500;
    }
}
