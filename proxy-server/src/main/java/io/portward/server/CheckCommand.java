package io.portward.server;

import io.portward.config.yaml.CheckReport;
import io.portward.config.yaml.ConfigCheck;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code portward check}: everything that can be found wrong without opening a port. */
@Command(
        name = "check",
        description = "Read and validate a configuration with the certificates it names, offline.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no errors (with --strict: no warnings either)", "2:errors, or a wrong command line"})
final class CheckCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Mixin
    private InsecureKeysOption insecureKeys;

    @Option(names = "--strict", description = "Warnings fail too.")
    private boolean strict;

    @Option(names = "--json", description = "Print one JSON object to stdout instead of lines of text.")
    private boolean json;

    /** Text goes to stdout when the check passes and to stderr when it fails; JSON always goes to stdout. */
    @Override
    public Integer call() {
        CheckReport report = new ConfigCheck(Clock.systemUTC(), insecureKeys.allowed()).run(config.file());
        boolean passes = report.passes(strict);
        if (json) {
            spec.commandLine().getOut().print(report.json(strict));
        } else if (passes) {
            spec.commandLine().getOut().print(report.text());
        } else {
            spec.commandLine().getErr().print(report.text());
        }
        spec.commandLine().getOut().flush();
        spec.commandLine().getErr().flush();
        return passes ? Main.OK : Main.WRONG_INPUT;
    }
}
