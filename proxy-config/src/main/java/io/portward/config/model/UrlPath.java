package io.portward.config.model;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one form in which paths are compared and forwarded, and the other ways in which servers may read it.
 *
 * <p>The normal form is that of RFC 3986 §6.2.2: escapes of unreserved characters are decoded, the other escapes have upper-case digits, and
 * dot segments are gone. Beyond that, runs of slashes become one, and a backslash, which no URI holds, becomes {@code %5C}.
 *
 * <p>Threading: stateless.
 */
public final class UrlPath {

    private static final int ESCAPE_LENGTH = 3;

    private UrlPath() {}

    /**
     * Whether {@code path} is in normal form and nothing in it can be read in another way, at the first look. Nearly every path is; for the others
     * there are {@link #normalize} and {@link #isAmbiguous}.
     */
    public static boolean isPlain(String path) {
        boolean afterSlash = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == '\\' || c == ';' || (afterSlash && (c == '/' || c == '.'))) {
                return false;
            }
            afterSlash = c == '/';
        }
        return true;
    }

    /**
     * The normal form.
     *
     * @param path ASCII, beginning with a slash
     * @return null when an escape is not complete, is that of NUL, or the path climbs above the root
     */
    public static @Nullable String normalize(String path) {
        String unescaped = unescape(path);
        return unescaped == null ? null : resolve(unescaped, true, false);
    }

    /**
     * The normal form of a path that was put together from parts of other paths.
     *
     * @return null when there is none, or when the parts make dot segments, which would lead away from where they were put
     */
    public static @Nullable String normalizeComposed(String path) {
        String unescaped = unescape(path);
        if (unescaped == null || (unescaped + "/").contains("/../") || (unescaped + "/").contains("/./")) {
            return null;
        }
        return resolve(unescaped, true, false);
    }

    private static @Nullable String unescape(String path) {
        StringBuilder out = new StringBuilder(path.length() + ESCAPE_LENGTH);
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\') {
                out.append("%5C");
                continue;
            }
            if (c != '%') {
                out.append(c);
                continue;
            }
            int octet = i + 2 < path.length() ? octet(path.charAt(i + 1), path.charAt(i + 2)) : -1;
            if (octet <= 0) {
                return null;
            }
            if (isUnreserved(octet)) {
                out.append((char) octet);
            } else {
                out.append('%').append(upper(path.charAt(i + 1))).append(upper(path.charAt(i + 2)));
            }
            i += 2;
        }
        return out.toString();
    }

    private static int octet(char high, char low) {
        int upperHalf = digit(high);
        int lowerHalf = digit(low);
        return upperHalf < 0 || lowerHalf < 0 ? -1 : upperHalf << 4 | lowerHalf;
    }

    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        char upper = upper(c);
        return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
    }

    private static char upper(char c) {
        return c >= 'a' && c <= 'f' ? (char) (c - 'a' + 'A') : c;
    }

    /** RFC 3986 §2.3. */
    private static boolean isUnreserved(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    /**
     * Removes dot segments.
     *
     * @param merge whether empty segments go first
     * @param clamp whether climbing above the root stays there, instead of giving null
     */
    private static @Nullable String resolve(String path, boolean merge, boolean clamp) {
        StringBuilder out = new StringBuilder(path.length());
        int start = 1;
        int end = path.indexOf('/', start);
        while (start <= path.length()) {
            boolean last = end < 0;
            int stop = last ? path.length() : end;
            int length = stop - start;
            boolean dots = length <= 2 && path.regionMatches(start, "..", 0, length) && (length > 0 || merge);
            if (!dots) {
                out.append('/').append(path, start, stop);
            } else if (length == 2 && out.isEmpty()) {
                if (!clamp) {
                    return null;
                }
            } else if (length == 2) {
                out.setLength(out.lastIndexOf("/"));
            }
            if (last && dots) {
                out.append('/');
            }
            start = stop + 1;
            end = last ? -1 : path.indexOf('/', start);
        }
        return out.toString();
    }

    /** Whether servers may read {@code path}, in normal form, in different ways: it holds an escaped slash or backslash, or a semicolon. */
    public static boolean isAmbiguous(String path) {
        return path.indexOf(';') >= 0 || path.contains("%2F") || path.contains("%5C");
    }

    /**
     * What servers may make of an ambiguous path: some decode {@code %2F} before they look for segments, some take a backslash for a slash, some
     * drop the parameters of a segment, which begin with a semicolon, before or after that; and some keep empty segments. A path that climbs
     * above the root stays there.
     *
     * @param path in normal form
     * @return without {@code path} itself
     */
    public static Set<String> readings(String path) {
        Set<String> readings = new LinkedHashSet<>();
        addWithSlashes(readings, path, false);
        if (path.indexOf(';') >= 0) {
            String bare = withoutParameters(path);
            add(readings, bare);
            addWithSlashes(readings, bare, false);
            addWithSlashes(readings, path, true);
        }
        readings.remove(path);
        return readings;
    }

    private static void addWithSlashes(Set<String> readings, String path, boolean dropParameters) {
        String decoded = path.replace("%2F", "/");
        String turned = path.replace("%5C", "/");
        for (String reading : List.of(decoded, turned, decoded.replace("%5C", "/"))) {
            add(readings, dropParameters ? withoutParameters(reading) : reading);
        }
    }

    private static void add(Set<String> readings, String path) {
        readings.add(String.valueOf(resolve(path, true, true)));
        if (path.contains("//")) {
            readings.add(String.valueOf(resolve(path, false, true)));
        }
    }

    private static String withoutParameters(String path) {
        StringBuilder out = new StringBuilder(path.length());
        boolean parameters = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            parameters = c != '/' && (parameters || c == ';');
            if (!parameters) {
                out.append(c);
            }
        }
        return out.toString();
    }
}
