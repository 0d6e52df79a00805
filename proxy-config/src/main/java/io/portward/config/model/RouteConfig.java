package io.portward.config.model;

import java.net.IDN;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go to which backend, or how they are answered without one: exactly one of backend, redirect and respond is there.
 *
 * @param backend a key of {@link Configuration#backends()}
 * @param stripPrefix taken from the beginning of the path before it is forwarded; null when nothing is
 * @param rewritePath what takes the place of the path that matched; null when nothing does
 * @param requestHeaders what is changed before a request is forwarded
 * @param responseHeaders what is changed in the backend's response, or the route's own
 */
public record RouteConfig(
        RouteMatch match,
        @Nullable String backend,
        @Nullable RedirectConfig redirect,
        @Nullable RespondConfig respond,
        @Nullable String stripPrefix,
        @Nullable String rewritePath,
        HeaderChanges requestHeaders,
        HeaderChanges responseHeaders) {

    private static final Pattern NAME =
            Pattern.compile("(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\\.[a-z0-9_]([a-z0-9_-]{0,62}))*");
    private static final Pattern PORT_AT_THE_END = Pattern.compile("[^:\\[]+:[0-9]+|\\[[^]]*]:[0-9]+");
    // RFC 3986 §3.3, path-absolute; without groups in loops, which would take stack for every character.
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*");
    private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");
    private static final Pattern ESCAPED_DOT = Pattern.compile("%2[eE]");
    private static final Pattern DOT_SEGMENT = Pattern.compile("(^|/)\\.\\.?(/|$)");

    /** A route by host and path prefix, as most are; null matches any. */
    public RouteConfig(@Nullable String host, @Nullable String path, String backend) {
        this(new RouteMatch(host, path, null, null, List.of(), Map.of()), backend);
    }

    /** A route that forwards requests as they are. */
    public RouteConfig(RouteMatch match, String backend) {
        this(match, backend, null, null, null, null, HeaderChanges.NONE, HeaderChanges.NONE);
    }

    /**
     * Reads a host as operators write it: any case, Unicode or A-labels, with or without a trailing dot.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static String parseHost(String text) {
        if (text.contains("/") || PORT_AT_THE_END.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' holds more than a host name (expected: shop.example.com or *.example.com)");
        }
        if (text.startsWith("[")
                && text.endsWith("]")
                && IpLiteral.parse(text.substring(1, text.length() - 1)) != null) {
            return text.toLowerCase(Locale.ROOT);
        }
        boolean wildcard = text.startsWith("*.");
        String name = wildcard ? text.substring(2) : text;
        if (name.endsWith(".")) {
            name = name.substring(0, name.length() - 1);
        }
        String ascii;
        try {
            ascii = IDN.toASCII(name, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException notAName) {
            ascii = "";
        }
        if (!NAME.matcher(ascii).matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a host name (expected: shop.example.com or *.example.com)");
        }
        return wildcard ? "*." + ascii : ascii;
    }

    /**
     * Reads a path prefix.
     *
     * @return its normal form
     * @throws IllegalArgumentException with a message for the operator
     */
    public static String parsePath(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("'" + text + "' does not begin with a slash (expected: /" + text + ")");
        }
        if (!PATH.matcher(text).matches() || BAD_ESCAPE.matcher(text).find()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not the path of a URL (no query, no fragment, other characters percent-encoded)");
        }
        if (DOT_SEGMENT.matcher(ESCAPED_DOT.matcher(text).replaceAll(".")).find()) {
            throw new IllegalArgumentException("'" + text + "' holds a dot segment, which no request path keeps");
        }
        if (text.contains("//")) {
            throw new IllegalArgumentException("'" + text + "' holds an empty segment, which no request path keeps");
        }
        String normal = UrlPath.normalize(text);
        if (normal == null) {
            throw new IllegalArgumentException("'" + text + "' holds %00, and such requests are refused");
        }
        if (UrlPath.isAmbiguous(normal)) {
            throw new IllegalArgumentException("'" + text
                    + "' holds ';', %2F or %5C, which servers read in different ways, so that no request would match");
        }
        return normal;
    }

    public @Nullable String host() {
        return match.host();
    }

    public @Nullable String path() {
        return match.path();
    }

    /** Whether every request of {@code later} would already have matched this route. */
    public boolean shadows(RouteConfig later) {
        return match.covers(later.match);
    }
}
