package io.portward.config.validate;

import io.portward.config.model.PortConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.Locale;

/** The rules for one route of a port that sees connections and no requests. */
final class NameRouteRules {

    private NameRouteRules() {}

    static void check(RouteConfig route, PortConfig port, String path, Problems problems) {
        if (problems.isWrongWithin(path)) {
            return;
        }
        RouteMatch match = route.match();
        refuse(match.path() != null, port, path + ".path", problems);
        refuse(match.exactPath() != null, port, path + ".exactPath", problems);
        refuse(match.pathRegex() != null, port, path + ".pathRegex", problems);
        refuse(!match.methods().isEmpty(), port, path + ".methods", problems);
        refuse(!match.headers().isEmpty(), port, path + ".headers", problems);
        refuse(route.redirect() != null, port, path + ".redirect", problems);
        refuse(route.respond() != null, port, path + ".respond", problems);
        refuse(route.stripPrefix() != null, port, path + ".stripPrefix", problems);
        refuse(route.rewritePath() != null, port, path + ".rewritePath", problems);
        refuse(!route.requestHeaders().isEmpty(), port, path + ".requestHeaders", problems);
        refuse(!route.responseHeaders().isEmpty(), port, path + ".responseHeaders", problems);
        String host = route.host();
        if (host == null && port.backend() != null) {
            problems.error(
                    path + ".host", "a route for every name takes what 'backend' is for; one of the two has to go");
        } else if (host != null && host.startsWith("[")) {
            problems.error(path + ".host", "'" + host + "' is an address, and clients do not ask for those (RFC 6066)");
        }
    }

    private static void refuse(boolean given, PortConfig port, String at, Problems problems) {
        if (given) {
            problems.error(
                    at,
                    "is about requests, which protocol '"
                            + port.protocol().name().toLowerCase(Locale.ROOT)
                            + "' does not see; its routes have 'host' and 'backend'");
        }
    }
}
