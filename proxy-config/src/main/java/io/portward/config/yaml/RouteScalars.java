package io.portward.config.yaml;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.portward.config.model.HeaderMatch;
import io.portward.config.model.LocationTemplate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The one-line values of routes. */
final class RouteScalars {

    /** RFC 9110 §5.6.2: token, without the characters that only names of attacks hold. */
    private static final String HEADER_NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$";

    /** RFC 9110 §5.5, without what only some programs understand (obs-text) or take for something else (controls). */
    private static final String VALUE_PATTERN = "([!-~]([ -~\\t]*[!-~])?)?";

    private static final int PERMANENT_REDIRECT = 308;
    private static final List<Integer> REDIRECTS = List.of(301, 302, 303, 307, PERMANENT_REDIRECT);

    /** Hop-by-hop fields, framing, routing, and what Portward says itself. */
    private static final Set<String> NOT_TO_BE_CHANGED = Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-request-id");

    private static final Set<String> NEVER_FORWARDED = Set.of("CONNECT", "TRACE");

    static final ScalarType<String> METHOD = Scalars.text(
            "a method such as GET", "^[A-Z][A-Z0-9-]{0,31}$", (text, place) -> parseMethod(text), m -> m, "GET");

    static final ScalarType<String> PATH_REGEX = Scalars.text(
            "a regular expression such as /users/[0-9]+(/.*)?", "^.+$", (text, place) -> parseRegex(text), r -> r, "/");

    static final ScalarType<String> HEADER_NAME = Scalars.text(
            "the name of a header", HEADER_NAME_PATTERN, (text, place) -> parseHeaderName(text), n -> n, "x");

    static final ScalarType<HeaderMatch> HEADER_MATCH = Scalars.text(
            "a value, or a regular expression between slashes",
            "^[^\\u0000-\\u001f]*$",
            (text, place) -> parseHeaderMatch(text),
            HeaderMatch::toString,
            new HeaderMatch("", false));

    static final ScalarType<String> CHANGED_HEADER = Scalars.text(
            "the name of a header", HEADER_NAME_PATTERN, (text, place) -> parseChangedHeader(text), n -> n, "x");

    static final ScalarType<String> HEADER_VALUE = Scalars.text(
            "the value of a header", "^" + VALUE_PATTERN + "$", (text, place) -> parseHeaderValue(text), v -> v, "");

    static final ScalarType<LocationTemplate> LOCATION = Scalars.text(
            "a URL such as https://{host}/new{path}",
            "^[!-~]+$",
            (text, place) -> LocationTemplate.parse(text),
            LocationTemplate::text,
            new LocationTemplate("/", List.of("/"), List.of()));

    static final ScalarType<Integer> REDIRECT_STATUS = new ScalarType<>(
            "301, 302, 303, 307 or 308",
            "",
            Set.of(ScalarKind.INTEGER),
            (text, place) -> parseRedirectStatus(text),
            status -> status,
            PERMANENT_REDIRECT,
            Map.of("enum", REDIRECTS));

    static final ScalarType<String> BODY = Scalars.text("a text", "", (text, place) -> text, t -> t, "");

    static final ScalarType<String> REWRITTEN_PATH = Scalars.URL_PATH.named("a path such as /new");

    private RouteScalars() {}

    private static String parseChangedHeader(String text) {
        String name = parseHeaderName(text);
        if (NOT_TO_BE_CHANGED.contains(name.replace('_', '-'))) {
            throw new IllegalArgumentException("'" + text
                    + "' is about the connection, the length or the way of a message, and is Portward's alone");
        }
        return name;
    }

    private static String parseHeaderValue(String text) {
        if (!text.matches(VALUE_PATTERN)) {
            throw new IllegalArgumentException(
                    "this is not the value of a header (expected: printable ASCII on one line,"
                            + " without blanks around it)");
        }
        return text;
    }

    private static Integer parseRedirectStatus(String text) {
        return REDIRECTS.stream()
                .filter(status -> status.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "'" + text + "' is no redirect (expected: 301, 302, 303, 307 or 308)"));
    }

    private static String parseMethod(String text) {
        if (!text.matches("[A-Z][A-Z0-9-]{0,31}")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a method (expected: capitals, such as GET; methods are case-sensitive)");
        }
        if (NEVER_FORWARDED.contains(text)) {
            throw new IllegalArgumentException("'" + text + "' is refused before routes are looked at");
        }
        return text;
    }

    private static String parseRegex(String text) {
        try {
            Pattern.compile(text);
            return text;
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("'" + text + "' is not a regular expression of RE2: " + e.getMessage());
        }
    }

    private static String parseHeaderName(String text) {
        if (!text.matches(HEADER_NAME_PATTERN)) {
            throw new IllegalArgumentException("this is not the name of a header (expected: letters, digits, '-')");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static HeaderMatch parseHeaderMatch(String text) {
        HeaderMatch match = HeaderMatch.parse(text);
        if (match.isRegex()) {
            parseRegex(match.text());
        }
        return match;
    }
}
