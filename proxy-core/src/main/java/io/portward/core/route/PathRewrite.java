package io.portward.core.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import io.portward.config.model.UrlPath;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a route makes of a path before it is forwarded. Threading: immutable; any thread.
 *
 * @param matched length of the beginning that is replaced, without a slash at its end; not used with {@code regex}
 * @param whole whether nothing of the path is kept
 * @param regex for the whole path; null when a beginning is replaced
 * @param replacement without a slash at its end, unless {@code regex} or {@code whole}
 */
record PathRewrite(int matched, boolean whole, @Nullable Pattern regex, String replacement) {

    /**
     * Null when the route forwards paths as they are.
     *
     * @param regex that of the route
     */
    static @Nullable PathRewrite of(RouteConfig config, @Nullable Pattern regex) {
        RouteMatch match = config.match();
        if (config.stripPrefix() != null) {
            return new PathRewrite(open(config.stripPrefix()).length(), false, null, "");
        }
        String replacement = config.rewritePath();
        if (replacement == null) {
            return null;
        }
        if (regex != null || match.exactPath() != null) {
            return new PathRewrite(0, true, regex, replacement);
        }
        String path = match.path() == null ? "/" : match.path();
        return new PathRewrite(open(path).length(), false, null, open(replacement));
    }

    private static String open(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /**
     * @param path in normal form; it and all its readings were matched by the route
     * @return in normal form; null when groups were put together to something that has none, or when a server could read it as a path that is
     *     not what the route makes of any
     */
    @Nullable
    String apply(String path) {
        if (!path.startsWith("/")) {
            return path;
        }
        String result = rewrite(path);
        return result == null || (UrlPath.isAmbiguous(result) && !staysWithin(path, result)) ? null : result;
    }

    /**
     * Whether each reading of the result is made of a reading of the path. {@code /api/..;/api/x} is {@code /api/x} however it is read, but
     * without the prefix {@code /..;/api/x} may be {@code /api/x}, which the route only makes of {@code /api/api/x}.
     */
    private boolean staysWithin(String path, String result) {
        Set<String> allowed = new HashSet<>();
        for (String reading : UrlPath.readings(path)) {
            String rewritten = rewrite(reading);
            if (rewritten != null) {
                allowed.add(rewritten);
            }
        }
        return allowed.containsAll(UrlPath.readings(result));
    }

    private @Nullable String rewrite(String path) {
        if (regex != null) {
            return expand(regex.matcher(path));
        }
        if (whole) {
            return replacement;
        }
        String result = replacement + path.substring(matched);
        return result.isEmpty() ? "/" : result;
    }

    private @Nullable String expand(Matcher matcher) {
        if (!matcher.matches()) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < replacement.length()) {
            char c = replacement.charAt(i++);
            if (c == '$') {
                String group = matcher.group(replacement.charAt(i++) - '0');
                out.append(group == null ? "" : group);
            } else {
                out.append(c);
            }
        }
        return UrlPath.normalizeComposed(out.toString());
    }
}
