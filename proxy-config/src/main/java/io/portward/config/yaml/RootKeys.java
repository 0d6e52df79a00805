package io.portward.config.yaml;

import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.AddressRange;
import io.portward.config.model.AdminConfig;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.LogConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.ShutdownConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import java.util.List;
import java.util.Map;

/** The keys at the top of the file. */
final class RootKeys {

    private static final Key<Configuration, List<CertificateConfig>> CERTIFICATES = Key.withDefault(
            "certificates",
            new ListType<>(CertificateKeys.SECTION, 0),
            List.of(),
            Configuration::certificates,
            "Certificates, chosen by SNI from their subject alternative names: exact, then wildcard; the first is the fallback.");

    private static final Key<Configuration, TlsConfig> TLS = Key.<Configuration, TlsConfig>withDefault(
                    "tls",
                    TlsKeys.SECTION,
                    TlsKeys.DEFAULT,
                    Configuration::tls,
                    "Rules for every TLS port; any of them can be set on a port under 'tls'.")
            .lent();

    private static final Key<Configuration, List<PortConfig>> PORTS = Key.required(
            "ports", new ListType<>(PortKeys.SECTION, 1), Configuration::ports, "The ports that clients connect to.");

    private static final Key<Configuration, Map<String, BackendConfig>> BACKENDS = Key.withDefault(
            "backends",
            new MapType<>(BackendKeys.SECTION),
            Map.of(),
            Configuration::backends,
            "Groups of servers, by the names that ports and routes use.");

    private static final Key<Configuration, AdminConfig> ADMIN = Key.optional(
            "admin",
            ProcessKeys.ADMIN,
            Configuration::admin,
            "The port for metrics and probes; absent means that there is none.");

    private static final Key<Configuration, List<AddressRange>> TRUSTED_PROXIES = Key.withDefault(
            "trustedProxies",
            new ListType<>(Scalars.ADDRESS_RANGE, 0),
            List.of(), // believing anybody would let clients choose the address they seem to have
            Configuration::trustedProxies,
            "Addresses and ranges whose X-Forwarded, Forwarded and PROXY headers are believed.");

    private static final Key<Configuration, ShutdownConfig> SHUTDOWN = Key.withDefault(
            "shutdown",
            ProcessKeys.SHUTDOWN,
            ProcessKeys.DEFAULT_SHUTDOWN,
            Configuration::shutdown,
            "How the process ends.");

    private static final Key<Configuration, LogConfig> LOG = Key.withDefault(
            "log", ProcessKeys.LOG, ProcessKeys.DEFAULT_LOG, Configuration::log, "What the process logs to stderr.");

    private static final Key<Configuration, TimeoutConfig> TIMEOUTS = Key.<Configuration, TimeoutConfig>withDefault(
                    "timeouts",
                    TimeoutKeys.SECTION,
                    TimeoutKeys.DEFAULT,
                    Configuration::timeouts,
                    "How long Portward waits; any of it can be set on a port or backend under 'timeouts'.")
            .lent();

    private static final Key<Configuration, LimitConfig> LIMITS = Key.withDefault(
            "limits",
            LimitKeys.SECTION,
            LimitKeys.DEFAULT,
            Configuration::limits,
            "Upper bounds on what a client may send, and on how many there may be.");

    private static final Key<Configuration, AccessLogConfig> ACCESS_LOG = Key.optional(
            "accessLog",
            AccessLogKeys.SECTION,
            Configuration::accessLog,
            "The record of requests, TCP connections and failed handshakes; absent means that there is none.");

    static final Section<Configuration> SECTION = new Section<>(
            "configuration",
            "Configuration of Portward, a TLS-terminating reverse proxy.",
            List.of(
                    CERTIFICATES,
                    TLS,
                    PORTS,
                    BACKENDS,
                    ADMIN,
                    TRUSTED_PROXIES,
                    SHUTDOWN,
                    LOG,
                    TIMEOUTS,
                    LIMITS,
                    ACCESS_LOG),
            v -> new Configuration(
                    v.get(CERTIFICATES),
                    v.get(TLS),
                    v.get(PORTS),
                    v.get(BACKENDS),
                    v.find(ADMIN),
                    v.get(TRUSTED_PROXIES),
                    v.get(SHUTDOWN),
                    v.get(LOG),
                    v.get(TIMEOUTS),
                    v.get(LIMITS),
                    v.find(ACCESS_LOG)));

    private RootKeys() {}
}
