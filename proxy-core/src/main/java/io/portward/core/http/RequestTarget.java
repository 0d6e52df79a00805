package io.portward.core.http;

/**
 * Where a request wants to go.
 *
 * @param authority host and optional port as the client sent them; empty when an HTTP/1.0 client sent none
 * @param host the authority without its port, lower case, no trailing dot; for routing
 * @param path the path alone, in normal form unless it is {@link PathForm#BROKEN}; {@code *} for {@code OPTIONS *}
 * @param uri path and query, as forwarded
 */
public record RequestTarget(String authority, String host, String path, String uri, PathForm form) {

    /** How far a path can be relied on. */
    public enum PathForm {
        PLAIN,
        /** Servers may read it in several ways, see {@link io.portward.config.model.UrlPath#readings}. */
        AMBIGUOUS,
        /** It has no normal form: the request gets 400. */
        BROKEN
    }

    /** The query with its question mark, as the client sent it; empty when there is none. */
    public String query() {
        return uri.substring(path.length());
    }
}
