package io.portward.config.yaml;

import io.portward.config.pem.PemLoader;
import io.portward.config.validate.ConfigurationException;
import java.nio.file.Path;
import java.time.Clock;

/**
 * Reads and validates a configuration file with everything it names, offline: what {@code portward check} does.
 *
 * <p>Threading: immutable; may be shared. Blocks on the file system.
 */
public final class ConfigCheck {

    private final ConfigLoader loader;

    /**
     * Creates a check.
     *
     * @param clock decides which certificates are expired
     * @param allowsInsecureKeys whether key files may be readable by everyone; for tests
     */
    public ConfigCheck(Clock clock, boolean allowsInsecureKeys) {
        this.loader = new ConfigLoader(new PemLoader(clock, allowsInsecureKeys));
    }

    /** Never throws for anything that a file can contain. */
    public CheckReport run(Path file) {
        try {
            return new CheckReport(file.toString(), loader.load(file).warnings());
        } catch (ConfigurationException e) {
            return new CheckReport(file.toString(), e.problems());
        }
    }
}
