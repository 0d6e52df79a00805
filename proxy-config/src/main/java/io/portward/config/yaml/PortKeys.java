package io.portward.config.yaml;

import io.portward.config.model.HstsConfig;
import io.portward.config.model.ListenAddress;
import io.portward.config.model.PassthroughConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The section {@code ports[]}. */
final class PortKeys {

    /** Where https lives unless the operator says otherwise (RFC 9110 §4.2.2). */
    private static final int DEFAULT_REDIRECT_TARGET = 443;

    /** What browser vendors' preload lists ask for. */
    private static final Duration DEFAULT_HSTS_MAX_AGE = Duration.ofDays(365);

    private static final Set<String> HTTPS = names(p -> p == PortProtocol.HTTPS);
    private static final Set<String> REDIRECT = names(p -> p == PortProtocol.REDIRECT);
    private static final Set<String> TCP = names(PortProtocol::isTcp);
    private static final Set<String> TLS = names(PortProtocol::isTls);

    private static final Key<HstsConfig, Duration> MAX_AGE = Key.withDefault(
            "maxAge",
            Scalars.duration(Duration.ZERO, Duration.ofDays(3650)),
            DEFAULT_HSTS_MAX_AGE,
            HstsConfig::maxAge,
            "How long browsers use https only; 0s makes them forget.");

    private static final Key<HstsConfig, Boolean> INCLUDE_SUB_DOMAINS = Key.withDefault(
            "includeSubDomains",
            Scalars.BOOLEAN,
            false, // cuts off sub-domains that have no https
            HstsConfig::includeSubDomains,
            "Whether the rule covers the names below the host too.");

    private static final Key<HstsConfig, Boolean> PRELOAD = Key.withDefault(
            "preload",
            Scalars.BOOLEAN,
            false, // takes months to undo
            HstsConfig::preload,
            "Whether browser vendors may build the host into their lists.");

    private static final Section<HstsConfig> HSTS = new Section<>(
            "hsts",
            "The Strict-Transport-Security header (RFC 6797).",
            List.of(MAX_AGE, INCLUDE_SUB_DOMAINS, PRELOAD),
            v -> new HstsConfig(v.get(MAX_AGE), v.get(INCLUDE_SUB_DOMAINS), v.get(PRELOAD)));

    private static final Key<PortConfig, ListenAddress> LISTEN = Key.required(
            "listen",
            Scalars.LISTEN,
            PortConfig::listen,
            "443 (both families), 0.0.0.0:443 (IPv4 only), \"[::]:443\" (IPv6 only) or 127.0.0.1:0 (the kernel chooses).");

    private static final Key<PortConfig, PortProtocol> PROTOCOL = Key.required(
            "protocol",
            Scalars.choice(PortProtocol.class),
            PortConfig::protocol,
            "https, redirect (HTTP that sends clients to https), or TLS in front of any TCP service: smtps, imaps, pop3s, tls.");

    private static final Key<PortConfig, List<RouteConfig>> ROUTES = Key.<PortConfig, List<RouteConfig>>optional(
                    "routes",
                    new ListType<>(RouteKeys.SECTION, 1),
                    port -> port.routes().isEmpty() ? null : port.routes(),
                    "Where requests go (https), or connections by the server name that the client asks for (tls, smtps, imaps, pop3s);"
                            + " the first match wins. A request that matches none gets 404, a connection goes to 'backend' or is refused.")
            .neededBy(HTTPS, "")
            .onlyFor(TLS, "a redirect port has no routes");

    private static final Key<PortConfig, String> BACKEND = Key.<PortConfig, String>optional(
                    "backend",
                    Scalars.NAME,
                    PortConfig::backend,
                    "The backend that gets the decrypted bytes of connections that no route is for.")
            .onlyFor(TCP, "an https port has 'routes', such as [{backend: web}], a redirect port has neither");

    private static final Key<PortConfig, List<PassthroughConfig>> PASSTHROUGH =
            Key.<PortConfig, List<PassthroughConfig>>optional(
                            "passthrough",
                            new ListType<>(PassthroughKeys.SECTION, 1),
                            port -> port.passthrough().isEmpty() ? null : port.passthrough(),
                            "Server names that are not terminated here: their connections go to a backend as they come, still encrypted."
                                    + " Looked at before anything else; the first match wins.")
                    .onlyFor(TLS, "a redirect port speaks plain HTTP");

    private static final Key<PortConfig, Integer> TO = Key.<PortConfig, Integer>withDefault(
                    "to",
                    Scalars.number(1, 65535),
                    DEFAULT_REDIRECT_TARGET,
                    PortConfig::to,
                    "The https port that clients are sent to.")
            .onlyFor(REDIRECT, "only redirect ports have a target");

    private static final Key<PortConfig, HstsConfig> HSTS_KEY = Key.<PortConfig, HstsConfig>optional(
                    "hsts",
                    HSTS,
                    PortConfig::hsts,
                    "The Strict-Transport-Security header of every response; absent means that none is sent.")
            .onlyFor(HTTPS, "the header has a meaning over https only");

    private static final Key<PortConfig, TlsConfig> TLS_KEY = Key.<PortConfig, TlsConfig>inherited(
                    "tls",
                    TlsKeys.SECTION,
                    PortConfig::tls,
                    "What differs for this port from the TLS rules of the file.")
            .onlyFor(TLS, "a redirect port speaks plain HTTP");

    private static final Key<PortConfig, List<String>> CERTIFICATES = Key.<PortConfig, List<String>>withDefault(
                    "certificates",
                    new ListType<>(Scalars.NAME, 0),
                    List.of(),
                    PortConfig::certificates,
                    "Names of the certificates to choose from; empty means all.")
            .onlyFor(TLS, "a redirect port speaks plain HTTP");

    private static final Key<PortConfig, TimeoutConfig> TIMEOUTS = Key.inherited(
            "timeouts",
            TimeoutKeys.SECTION,
            PortConfig::timeouts,
            "What differs for this port from the timeouts of the file.");

    private static final Key<PortConfig, ProxyHeaders> PROXY_PROTOCOL = Key.withDefault(
            "proxyProtocol",
            Scalars.choice(ProxyHeaders.class),
            ProxyHeaders.NONE, // a client could claim any address
            PortConfig::proxyProtocol,
            "PROXY header (v1 or v2) in front of TLS, believed from trustedProxies only: none, optional, or required, which serves nobody else.");

    private static final Key<PortConfig, Integer> MAX_CONNECTIONS = Key.optional(
            "maxConnections",
            Scalars.number(1, 1_000_000),
            PortConfig::maxConnections,
            "The most client connections of this port; beyond it a connection is closed at once. Absent means that only 'limits' bound them.");

    /** Whoever is let in has to be sent somewhere, and a connection has no path, method or header. */
    private static final Section.Check TCP_TARGET = new Section.Check(
            BACKEND,
            v -> v.get(PROTOCOL).isTcp()
                            && v.find(BACKEND) == null
                            && v.find(ROUTES) == null
                            && v.find(PASSTHROUGH) == null
                    ? "this key is missing; protocol '" + Scalars.spell(v.get(PROTOCOL))
                            + "' needs it, or 'routes', or 'passthrough'"
                    : null,
            Scalars.ordered(
                    "if",
                    Scalars.ordered(
                            "properties",
                            Map.of(
                                    "protocol",
                                    Map.of("enum", TCP.stream().sorted().toList())),
                            "required",
                            List.of("protocol")),
                    "then",
                    Scalars.ordered(
                            "anyOf",
                            List.of(
                                    Map.of("required", List.of("backend")),
                                    Map.of("required", List.of("routes")),
                                    Map.of("required", List.of("passthrough"))),
                            "properties",
                            Map.of("routes", Map.of("items", RouteKeys.ONLY_HOST_AND_BACKEND)))),
            false);

    private static final Key<PortConfig, Boolean> ACCESS_LOG = Key.withDefault(
            "accessLog",
            Scalars.BOOLEAN,
            true,
            PortConfig::accessLog,
            "Whether this port takes part in the access log, if the file has one.");

    static final Section<PortConfig> SECTION = new Section<>(
            "port",
            "One listener.",
            List.of(
                    LISTEN,
                    PROTOCOL,
                    ROUTES,
                    BACKEND,
                    PASSTHROUGH,
                    TO,
                    HSTS_KEY,
                    TLS_KEY,
                    CERTIFICATES,
                    TIMEOUTS,
                    PROXY_PROTOCOL,
                    MAX_CONNECTIONS,
                    ACCESS_LOG),
            PROTOCOL,
            PortKeys::build,
            List.of(TCP_TARGET));

    private PortKeys() {}

    private static PortConfig build(Values v) {
        return new PortConfig(
                v.get(LISTEN),
                v.get(PROTOCOL),
                orNone(v.find(ROUTES)),
                v.find(BACKEND),
                orNone(v.find(PASSTHROUGH)),
                v.get(TO),
                v.find(HSTS_KEY),
                v.get(TLS_KEY),
                v.get(CERTIFICATES),
                v.get(TIMEOUTS),
                v.get(PROXY_PROTOCOL),
                v.find(MAX_CONNECTIONS),
                v.get(ACCESS_LOG));
    }

    private static <T> List<T> orNone(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private static Set<String> names(Predicate<PortProtocol> which) {
        return Arrays.stream(PortProtocol.values())
                .filter(which)
                .map(Scalars::spell)
                .collect(Collectors.toSet());
    }
}
