package io.portward.server;

import io.portward.config.pem.PemLoader;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.yaml.ConfigLoader;
import io.portward.config.yaml.LoadedConfig;
import io.portward.core.connection.StartException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code portward run}: serves in the foreground until a signal comes. */
@Command(
        name = "run",
        description = "Serve in the foreground until SIGTERM or SIGINT. Logs go to stderr.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped by a signal",
            "1:could not start, or died",
            "2:the command line or the configuration is wrong"
        })
final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Mixin
    private InsecureKeysOption insecureKeys;

    @Override
    public Integer call() throws ConfigurationException, StartException {
        PemLoader pem = insecureKeys.pemLoader();
        LoadedConfig loaded = new ConfigLoader(pem).load(config.file());
        try (Foreground foreground = new Foreground(spec.commandLine().getErr())) {
            foreground.serve(loaded, pem, () -> {});
        }
        return Main.OK;
    }
}
