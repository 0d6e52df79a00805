package io.portward.server;

import io.netty.util.Version;
import io.portward.config.validate.ConfigurationException;
import io.portward.core.connection.StartException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code portward}: reads the command line, runs one command, exits with its code. */
@Command(
        name = "portward",
        description = "Terminates TLS on any number of ports and forwards what was inside.",
        scope = ScopeType.INHERIT, // --help and --version of every command
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionText.class,
        subcommands = {
            RunCommand.class,
            DemoCommand.class,
            CheckCommand.class,
            ExplainCommand.class,
            SchemaCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Start with: portward demo"})
public final class Main implements Callable<Integer> {

    /** It did what it was told, or was told to stop. */
    static final int OK = 0;

    /** It could not start, or died. */
    static final int FAILED = 1;

    /** The command line or the configuration is wrong. */
    static final int WRONG_INPUT = 2;

    @Spec
    private CommandSpec spec;

    /** What {@code --version} prints. */
    static final class VersionText implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            Version netty = Version.identify(Main.class.getClassLoader()).get("netty-common");
            return new String[] {
                "portward " + (version == null ? "development" : version),
                "Netty " + (netty == null ? "unknown" : netty.artifactVersion()) + ", Java "
                        + System.getProperty("java.version")
            };
        }
    }

    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, error) -> log().error("thread {} died", thread.getName(), error));
        System.exit(execute(out, err, args));
    }

    /** Runs one command and answers with the exit code. */
    static int execute(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(new UsageErrors())
                .setExecutionExceptionHandler(Main::explain)
                .execute(args);
    }

    /** Without a command. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return WRONG_INPUT;
    }

    /** One line on stderr; the trace of what nobody foresaw goes to the log. */
    private static int explain(Exception error, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (error instanceof ConfigurationException wrong) {
            wrong.problems().forEach(err::println);
            return WRONG_INPUT;
        }
        if (error instanceof StartException cannotStart) {
            err.println("portward: " + cannotStart.getMessage());
            return FAILED;
        }
        err.println("portward: internal error: " + error);
        log().error("internal error in `portward {}`", command.getCommandName(), error);
        return FAILED;
    }

    /** Made on first use: commands that only print need no logging. */
    private static Logger log() {
        return LoggerFactory.getLogger(Main.class);
    }
}
