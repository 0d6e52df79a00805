package io.portward.config.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration file with every default filled in.
 *
 * @param certificates in the order of the file; the first is the fallback for unknown names
 * @param tls defaults for TLS ports; already merged into each {@link PortConfig#tls()}
 * @param ports listeners in the order of the file
 * @param backends by name, in the order of the file
 * @param admin absent when there is no admin port
 * @param trustedProxies addresses whose forwarding headers are believed
 * @param accessLog absent when there is none
 */
public record Configuration(
        List<CertificateConfig> certificates,
        TlsConfig tls,
        List<PortConfig> ports,
        Map<String, BackendConfig> backends,
        @Nullable AdminConfig admin,
        List<AddressRange> trustedProxies,
        ShutdownConfig shutdown,
        LogConfig log,
        TimeoutConfig timeouts,
        LimitConfig limits,
        @Nullable AccessLogConfig accessLog) {

    public Configuration {
        certificates = List.copyOf(certificates);
        ports = List.copyOf(ports);
        backends = Collections.unmodifiableMap(new LinkedHashMap<>(backends));
        trustedProxies = List.copyOf(trustedProxies);
    }
}
