package io.portward.server;

import io.portward.config.validate.ConfigurationException;
import io.portward.config.yaml.ConfigLoader;
import io.portward.config.yaml.ConfigYamlWriter;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code portward explain}: what a configuration means once every default is filled in. Leaves certificate files alone. */
@Command(
        name = "explain",
        description = "Print the effective configuration as YAML, every default filled in.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:printed", "2:the command line or the configuration is wrong"})
final class ExplainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Override
    public Integer call() throws ConfigurationException {
        PrintWriter out = spec.commandLine().getOut();
        out.print(ConfigYamlWriter.write(new ConfigLoader().load(config.file()).configuration()));
        out.flush();
        return Main.OK;
    }
}
