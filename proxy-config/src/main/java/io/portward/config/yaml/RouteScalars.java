package io.portward.config.yaml;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.portward.config.model.HeaderMatch;
import java.util.Locale;
import java.util.Set;

/** The one-line values of routes. */
final class RouteScalars {

    /** RFC 9110 §5.6.2: token, without the characters that only names of attacks hold. */
    private static final String HEADER_NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$";

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

    private RouteScalars() {}

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
