package io.portward.server;

import io.portward.config.pem.PemLoader;
import java.time.Clock;
import picocli.CommandLine.Option;

/** {@code --allow-insecure-keys}, for the commands that read keys. */
final class InsecureKeysOption {

    @Option(
            names = "--allow-insecure-keys",
            description = "Accept key files that everyone can read. For tests, never for keys that matter.")
    private boolean allowed;

    boolean allowed() {
        return allowed;
    }

    /** Reads certificates with the system's clock and as strictly as asked for. */
    PemLoader pemLoader() {
        return new PemLoader(Clock.systemUTC(), allowed);
    }
}
