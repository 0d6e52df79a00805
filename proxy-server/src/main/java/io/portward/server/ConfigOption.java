package io.portward.server;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --config}, for the commands that need one. */
final class ConfigOption {

    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration file (YAML).")
    private Path file;

    Path file() {
        return file;
    }
}
