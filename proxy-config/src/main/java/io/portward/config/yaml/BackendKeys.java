package io.portward.config.yaml;

import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendLimitConfig;
import io.portward.config.model.BackendProtocol;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.RetryConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.TimeoutConfig;
import java.util.List;

/** The section {@code backends.NAME}. */
final class BackendKeys {

    /** What nearly every web application speaks; ignored by the TCP protocols. */
    private static final BackendProtocol DEFAULT_PROTOCOL = BackendProtocol.HTTP1;

    /** A server that expects no PROXY header takes it for garbage. */
    private static final ProxyProtocol DEFAULT_PROXY_PROTOCOL = ProxyProtocol.NONE;

    /** Even without knowing anything of the requests, and without anything to get wrong. */
    private static final BalanceConfig DEFAULT_BALANCE = BalanceConfig.ROUND_ROBIN;

    private static final Key<BackendConfig, List<ServerConfig>> SERVERS = Key.required(
            "servers",
            new ListType<>(new ServerType(), 1),
            BackendConfig::servers,
            "The servers, each host:port or a mapping with address and weight.");

    private static final Key<BackendConfig, BackendProtocol> PROTOCOL = Key.withDefault(
            "protocol",
            Scalars.choice(BackendProtocol.class),
            DEFAULT_PROTOCOL,
            BackendConfig::protocol,
            "What the servers speak when requests of an https port go to them: http1, https (HTTP/1.1 over TLS), h2 (HTTP/2 over TLS) or h2c (HTTP/2 without TLS).");

    private static final Key<BackendConfig, BackendTlsConfig> TLS = Key.optional(
            "tls",
            BackendTlsKeys.SECTION,
            BackendConfig::tls,
            "TLS to the servers; absent with https and h2 means verified against the system's authorities. With TCP ports it turns TLS to the servers on.");

    private static final Key<BackendConfig, ProxyProtocol> PROXY_PROTOCOL = Key.withDefault(
            "proxyProtocol",
            Scalars.choice(ProxyProtocol.class),
            DEFAULT_PROXY_PROTOCOL,
            BackendConfig::proxyProtocol,
            "PROXY header that tells the servers the client's address at the start of each connection: none, v1 or v2.");

    private static final Key<BackendConfig, TimeoutConfig> TIMEOUTS = Key.inherited(
            "timeouts",
            TimeoutKeys.SECTION,
            BackendConfig::timeouts,
            "What differs for this backend from the timeouts of the file.");

    private static final Key<BackendConfig, HealthConfig> HEALTH = Key.optional(
            "health",
            HealthKeys.SECTION,
            BackendConfig::health,
            "Checks of each server; absent means that only traffic tells whether they work.");

    private static final Key<BackendConfig, BalanceConfig> BALANCE = Key.withDefault(
            "balance",
            new BalanceType(),
            DEFAULT_BALANCE,
            BackendConfig::balance,
            "How the servers share requests, or the connections of TCP ports; all ways respect the weights.");

    private static final Key<BackendConfig, BackendLimitConfig> LIMITS = Key.optional(
            "limits",
            BackendLimitKeys.SECTION,
            BackendConfig::limits,
            "How much work the backend gets at a time; absent means as much as comes.");

    private static final Key<BackendConfig, RetryConfig> RETRIES = Key.withDefault(
            "retries",
            RetryKeys.SECTION,
            RetryKeys.DEFAULT,
            BackendConfig::retries,
            "When a request is sent to another server.");

    static final Section<BackendConfig> SECTION = new Section<>(
            "backend",
            "A group of servers that answer the same requests.",
            List.of(SERVERS, PROTOCOL, TLS, PROXY_PROTOCOL, TIMEOUTS, HEALTH, BALANCE, LIMITS, RETRIES),
            v -> new BackendConfig(
                    v.name(),
                    v.get(SERVERS),
                    v.get(PROTOCOL),
                    v.find(TLS),
                    v.get(PROXY_PROTOCOL),
                    v.get(TIMEOUTS),
                    v.find(HEALTH),
                    v.get(BALANCE),
                    v.find(LIMITS),
                    v.get(RETRIES)));

    private BackendKeys() {}
}
