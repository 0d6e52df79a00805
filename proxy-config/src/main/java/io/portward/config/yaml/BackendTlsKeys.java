package io.portward.config.yaml;

import io.portward.config.model.BackendTlsConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The section {@code backends.NAME.tls}. */
final class BackendTlsKeys {

    /** Encryption towards whoever answers protects from nobody who can redirect the connection. */
    private static final boolean DEFAULT_VERIFY = true;

    private static final Key<BackendTlsConfig, Path> TRUST = Key.optional(
            "trust",
            Scalars.FILE,
            BackendTlsConfig::trust,
            "PEM file with the authorities that servers' certificates have to come from; absent means those of the system.");

    private static final Key<BackendTlsConfig, String> SERVER_NAME = Key.optional(
            "serverName",
            Scalars.TLS_NAME,
            BackendTlsConfig::serverName,
            "The name that servers' certificates have to be for, also sent as SNI; absent means each server's host.");

    private static final Key<BackendTlsConfig, Path> CERTIFICATE = Key.optional(
            "certificate",
            Scalars.FILE,
            BackendTlsConfig::certificate,
            "PEM file with the chain, leaf first, by which Portward shows who it is; absent means that it does not.");

    private static final Key<BackendTlsConfig, Path> KEY = Key.optional(
            "key",
            Scalars.FILE,
            BackendTlsConfig::key,
            "PEM file with the private key of certificate; not encrypted, not readable by everyone.");

    private static final Key<BackendTlsConfig, Boolean> VERIFY = Key.withDefault(
            "verify",
            Scalars.BOOLEAN,
            DEFAULT_VERIFY,
            BackendTlsConfig::verify,
            "Whether servers have to prove who they are; false lets anybody in between read and change everything.");

    static final Section<BackendTlsConfig> SECTION = new Section<>(
            "backendTls",
            "TLS to the servers of a backend.",
            List.of(TRUST, SERVER_NAME, CERTIFICATE, KEY, VERIFY),
            null,
            v -> new BackendTlsConfig(
                    v.find(TRUST), v.find(SERVER_NAME), v.find(CERTIFICATE), v.find(KEY), v.get(VERIFY)),
            List.of(
                    new Section.Check(
                            KEY,
                            v -> v.find(CERTIFICATE) != null && v.find(KEY) == null
                                    ? "this key is missing; the certificate is of no use without it"
                                    : null,
                            Map.of("dependentRequired", Map.of("certificate", List.of("key"))),
                            true),
                    new Section.Check(
                            CERTIFICATE,
                            v -> v.find(KEY) != null && v.find(CERTIFICATE) == null
                                    ? "this key is missing; the private key is of no use without it"
                                    : null,
                            Map.of("dependentRequired", Map.of("key", List.of("certificate"))),
                            true),
                    new Section.Check(
                            TRUST,
                            v -> v.find(TRUST) != null && !v.get(VERIFY)
                                    ? "does not go with verify: false, by which every certificate is taken"
                                    : null,
                            Scalars.ordered(
                                    "if",
                                    Map.of("required", List.of("trust")),
                                    "then",
                                    Map.of("properties", Map.of("verify", Map.of("const", true)))),
                            false)));

    private BackendTlsKeys() {}
}
