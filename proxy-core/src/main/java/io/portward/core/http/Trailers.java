package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Removes from a trailer section what may only stand in a header section (RFC 9110 §6.5.1): a recipient that merges the two would take
 * framing, routing, credentials or the client's address from it, past everything that checked the header section.
 */
public final class Trailers {

    private static final Set<String> FORBIDDEN = Set.of(
            "authorization",
            "cache-control",
            "connection",
            "content-encoding",
            "content-length",
            "content-range",
            "content-type",
            "cookie",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "location",
            "max-forwards",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "range",
            "set-cookie",
            "strict-transport-security",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "www-authenticate");

    private Trailers() {}

    public static void strip(LastHttpContent last) {
        HttpHeaders trailers = last.trailingHeaders();
        if (trailers.isEmpty()) {
            return;
        }
        List<String> removed = new ArrayList<>();
        for (String name : trailers.names()) {
            // CGI-like backends cannot tell an underscore from a hyphen.
            String canonical = name.toLowerCase(Locale.ROOT).replace('_', '-');
            if (FORBIDDEN.contains(canonical) || Forwarding.isSpoofed(name)) {
                removed.add(name);
            }
        }
        removed.forEach(trailers::remove);
    }
}
