package io.portward.server;

import io.portward.config.yaml.ConfigSchema;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code portward schema}: the JSON Schema of the configuration file. */
@Command(name = "schema", description = "Print the JSON Schema of the configuration file, for editors.")
final class SchemaCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(ConfigSchema.json());
        out.flush();
        return Main.OK;
    }
}
