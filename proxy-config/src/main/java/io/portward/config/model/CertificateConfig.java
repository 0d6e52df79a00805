package io.portward.config.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A certificate chain and its private key, both PEM files.
 *
 * @param name the operator's name for it; used in `ports[].certificates`, metrics and messages
 * @param chain absolute path, leaf first
 * @param key absolute path: PKCS#8 (also encrypted), PKCS#1 or SEC1
 * @param passwordFile file whose first line decrypts the key; null when the key is not encrypted
 */
public record CertificateConfig(
        String name, Path chain, Path key, @Nullable Path passwordFile) {}
