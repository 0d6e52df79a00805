package io.portward.config.validate;

import com.google.re2j.Pattern;
import io.portward.config.model.RespondConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.Set;

/** The rules for one route. */
final class RouteRules {

    /** Statuses whose responses have no body (RFC 9110 §6.4.1, §15.3.6). */
    private static final Set<Integer> BODILESS = Set.of(204, 205, 304);

    private static final String WAY_OUT = "; a dollar sign itself is written %24";

    private RouteRules() {}

    static void check(RouteConfig route, String path, Problems problems) {
        if (problems.isWrongWithin(path)) {
            return;
        }
        if (route.backend() == null) {
            checkWithoutBackend(route, path, problems);
        }
        RespondConfig respond = route.respond();
        if (respond != null
                && BODILESS.contains(respond.status())
                && !respond.body().isEmpty()) {
            problems.error(path + ".respond.body", "an answer with status " + respond.status() + " has no body");
        }
        if (route.match().pathRegex() != null) {
            PathRegexRules.check(route.match().pathRegex(), path + ".pathRegex", problems);
        }
        String prefix = route.stripPrefix();
        if (prefix != null) {
            checkStripPrefix(prefix, route, path + ".stripPrefix", problems);
        }
        String rewrite = route.rewritePath();
        if (rewrite != null) {
            checkRewrite(rewrite, route.match(), path + ".rewritePath", problems);
        }
    }

    private static void checkWithoutBackend(RouteConfig route, String path, Problems problems) {
        String excuse = "nothing is forwarded without a backend";
        if (route.stripPrefix() != null) {
            problems.error(path + ".stripPrefix", excuse);
        }
        if (route.rewritePath() != null) {
            problems.error(path + ".rewritePath", excuse);
        }
        if (!route.requestHeaders().isEmpty()) {
            problems.error(path + ".requestHeaders", excuse);
        }
    }

    private static void checkStripPrefix(String prefix, RouteConfig route, String at, Problems problems) {
        if (route.rewritePath() != null) {
            problems.error(at, "a route has one of stripPrefix and rewritePath");
        }
        RouteMatch match = route.match();
        String matched = match.exactPath() == null ? match.path() : match.exactPath();
        String segment = prefix.endsWith("/") ? prefix : prefix + "/";
        if (matched == null || !(matched + "/").startsWith(segment)) {
            problems.error(
                    at,
                    "'" + prefix + "' is not what the paths of this route begin with; write path: " + prefix + " too");
        }
    }

    /** A group is a dollar sign and a digit. Without pathRegex other dollar signs stand for themselves; with it they are mistakes, most likely. */
    private static void checkRewrite(String rewrite, RouteMatch match, String at, Problems problems) {
        String regex = match.pathRegex();
        int groups = regex == null ? 0 : Pattern.compile(regex).groupCount();
        for (int i = rewrite.indexOf('$'); i >= 0; i = rewrite.indexOf('$', i + 1)) {
            int group = i + 1 < rewrite.length() ? Character.digit(rewrite.charAt(i + 1), 10) : -1;
            if (regex == null && group >= 0) {
                problems.error(at, "'" + rewrite + "' refers to a group, and only pathRegex has groups" + WAY_OUT);
            } else if (regex != null && (group < 1 || group > groups)) {
                problems.error(at, "'" + rewrite + "' refers to a group that pathRegex does not have" + WAY_OUT);
            }
        }
    }
}
