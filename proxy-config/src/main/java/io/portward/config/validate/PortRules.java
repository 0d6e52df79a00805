package io.portward.config.validate;

import io.portward.config.model.Configuration;
import io.portward.config.model.HstsConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.RouteConfig;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rules for one port. */
final class PortRules {

    /** The registered port of each protocol (IANA; for mail RFC 8314 §7). */
    private static final Map<PortProtocol, Integer> STANDARD_PORTS = Map.of(
            PortProtocol.HTTPS, 443,
            PortProtocol.REDIRECT, 80,
            PortProtocol.SMTPS, 465,
            PortProtocol.IMAPS, 993,
            PortProtocol.POP3S, 995);

    /** What browser vendors ask before they put a host into their preload lists. */
    private static final Duration PRELOAD_MAX_AGE = Duration.ofDays(365);

    private PortRules() {}

    static void check(PortConfig port, String path, Configuration configuration, Problems problems) {
        checkPortNumber(port, path, problems);
        if (port.protocol() == PortProtocol.REDIRECT) {
            checkRedirect(port, path, configuration, problems);
        }
        if (port.proxyProtocol() != ProxyHeaders.NONE
                && configuration.trustedProxies().isEmpty()
                && !problems.isWrong("trustedProxies")) {
            problems.error(
                    path + ".proxyProtocol",
                    "needs 'trustedProxies' with the addresses of the load balancers; nobody else's headers are believed");
        }
        checkRoutes(port.routes(), path, problems);
        if (port.hsts() != null) {
            checkHsts(port.hsts(), path + ".hsts", problems);
        }
    }

    private static void checkPortNumber(PortConfig port, String path, Problems problems) {
        if (problems.isWrong(path + ".protocol")) {
            return;
        }
        int number = port.listen().port();
        if (number == 0) {
            return; // the kernel chooses, so nobody expects a certain number
        }
        Integer standard = STANDARD_PORTS.get(port.protocol());
        if (standard != null && standard != number) {
            problems.remark(
                    path + ".listen",
                    "port " + number + " is not the standard port of " + name(port.protocol()) + ", which is "
                            + standard);
        }
        STANDARD_PORTS.forEach((protocol, usual) -> {
            // 443 stays out: people do put other things than https behind it, because firewalls let it pass.
            if (port.protocol() == PortProtocol.TLS && protocol.isTcp() && usual == number) {
                problems.remark(
                        path + ".protocol",
                        "port " + number + " is the standard port of " + name(protocol) + "; is that the protocol?");
            }
        });
    }

    private static void checkRedirect(PortConfig port, String path, Configuration configuration, Problems problems) {
        boolean known = configuration.ports().stream()
                .anyMatch(p -> p.protocol() == PortProtocol.HTTPS
                        && (p.listen().port() == port.to() || p.listen().port() == 0));
        if (port.to() == port.listen().port()) {
            problems.error(path + ".to", "port " + port.to() + " would redirect to itself");
        } else if (!known) {
            problems.remark(
                    path + ".to",
                    "clients are sent to port " + port.to() + ", and no https port of this file listens there");
        }
    }

    private static void checkRoutes(List<RouteConfig> routes, String path, Problems problems) {
        for (int later = 1; later < routes.size(); later++) {
            for (int earlier = 0; earlier < later; earlier++) {
                if (!problems.isWrongWithin(path + ".routes[" + earlier + "]")
                        && routes.get(earlier).shadows(routes.get(later))) {
                    problems.warning(
                            path + ".routes[" + later + "]",
                            "never reached: routes[" + earlier + "] already matches every such request");
                    break;
                }
            }
        }
    }

    private static void checkHsts(HstsConfig hsts, String path, Problems problems) {
        if (hsts.preload() && (!hsts.includeSubDomains() || hsts.maxAge().compareTo(PRELOAD_MAX_AGE) < 0)) {
            problems.remark(
                    path + ".preload",
                    "preload lists take only hosts with includeSubDomains: true and a maxAge of 365d or more");
        }
    }

    private static String name(PortProtocol protocol) {
        return protocol.name().toLowerCase(Locale.ROOT);
    }
}
