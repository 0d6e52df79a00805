package io.portward.config.pem;

import java.util.Locale;

/** The kinds of key that browsers and mail clients accept in a server's certificate. */
public enum KeyAlgorithm {
    ECDSA,
    RSA;

    /** As it stands in metrics: {@code ecdsa} or {@code rsa}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
