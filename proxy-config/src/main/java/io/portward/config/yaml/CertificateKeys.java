package io.portward.config.yaml;

import io.portward.config.model.CertificateConfig;
import java.nio.file.Path;
import java.util.List;

/** The section {@code certificates[]}. */
final class CertificateKeys {

    private static final Key<CertificateConfig, String> NAME = Key.required(
            "name", Scalars.NAME, CertificateConfig::name, "Your name for it, used by ports, metrics and messages.");

    private static final Key<CertificateConfig, Path> CHAIN = Key.required(
            "chain", Scalars.FILE, CertificateConfig::chain, "PEM file with the certificate chain, leaf first.");

    private static final Key<CertificateConfig, Path> KEY = Key.required(
            "key",
            Scalars.FILE,
            CertificateConfig::key,
            "PEM file with the private key: PKCS#8 (also encrypted), PKCS#1 or SEC1; not readable by everyone.");

    private static final Key<CertificateConfig, Path> PASSWORD_FILE = Key.optional(
            "passwordFile",
            Scalars.FILE,
            CertificateConfig::passwordFile,
            "File whose first line decrypts the key; absent when the key is not encrypted.");

    static final Section<CertificateConfig> SECTION = new Section<>(
            "certificate",
            "A certificate chain with its private key, chosen by SNI from its subject alternative names.",
            List.of(NAME, CHAIN, KEY, PASSWORD_FILE),
            v -> new CertificateConfig(v.get(NAME), v.get(CHAIN), v.get(KEY), v.find(PASSWORD_FILE)));

    private CertificateKeys() {}
}
