package io.portward.core.http;

/**
 * Where a request wants to go.
 *
 * @param authority host and optional port as the client sent them; empty when an HTTP/1.0 client sent none
 * @param host the authority without its port, lower case, no trailing dot; for routing
 * @param path the path alone, for routing; {@code *} for {@code OPTIONS *}
 * @param uri path and query, as forwarded
 */
public record RequestTarget(String authority, String host, String path, String uri) {}
