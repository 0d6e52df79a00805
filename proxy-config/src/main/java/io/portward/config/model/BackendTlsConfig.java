package io.portward.config.model;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the servers of a backend.
 *
 * @param trust PEM file with the authorities to believe; null for those of the system
 * @param serverName what the certificate has to be for, and what SNI names; null for the server's host
 * @param certificate PEM file with the chain that Portward shows; null for none
 * @param key PEM file with its key; null exactly when there is no certificate
 * @param verify whether the server has to prove who it is
 */
public record BackendTlsConfig(
        @Nullable Path trust,
        @Nullable String serverName,
        @Nullable Path certificate,
        @Nullable Path key,
        boolean verify) {

    /** For a backend that says no more than that it speaks TLS. */
    public static final BackendTlsConfig DEFAULT = new BackendTlsConfig(null, null, null, null, true);

    /** RFC 1123 §2.1: what SNI and certificates can hold; single labels such as {@code localhost} are names too. */
    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

    private static final Pattern ALL_NUMERIC = Pattern.compile("[0-9.]+");

    public BackendTlsConfig {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("certificate without key, or key without certificate");
        }
    }

    /**
     * Reads a name or literal address that a certificate can be for.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static String parseServerName(String text) {
        if (IpLiteral.parse(text) == null && !isName(text)) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a name that a certificate can be for (expected: app.internal or 192.0.2.1)");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static boolean isName(String text) {
        return NAME.matcher(text).matches() && !ALL_NUMERIC.matcher(text).matches();
    }

    /** What the certificate of {@code server} has to be for: a name without a dot at its end, or a literal address. */
    public String nameOf(ServerConfig server) {
        if (serverName != null) {
            return serverName;
        }
        String host = server.host();
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    /** Whether no certificate could ever be for {@code server}, so that it needs a name of its own. */
    public boolean lacksNameFor(ServerConfig server) {
        String name = nameOf(server);
        return verify && IpLiteral.parse(name) == null && !isName(name);
    }
}
