package io.portward.server;

import io.portward.config.validate.NearestName;
import java.io.File;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;

/**
 * Answers a wrong command line with one line on stderr: what is wrong with it, and the right form. The whole usage text would push that line
 * off the screen.
 */
final class UsageErrors implements IParameterExceptionHandler {

    private static final String CONFIG = "--config";

    @Override
    public int handleParseException(ParameterException error, String[] args) {
        CommandLine command = error.getCommandLine();
        command.getErr().println(name(command) + ": " + explain(error, command, args));
        return Main.WRONG_INPUT;
    }

    /** What is too much comes before what is missing: {@code check FILE} lacks an option, but the file is what has to be written otherwise. */
    private static String explain(ParameterException error, CommandLine command, String[] args) {
        String misspelt = withOneDash(command, args);
        if (misspelt != null) {
            return "unknown option '" + misspelt + "'; did you mean -" + misspelt + "?";
        }
        List<String> unexpected = command.getUnmatchedArguments();
        if (!unexpected.isEmpty()) {
            String first = unexpected.get(0);
            if (first.startsWith("-")) {
                return unknownOption(first, command);
            }
            return command.getSubcommands().isEmpty()
                    ? unexpectedArgument(first, command)
                    : unknownCommand(first, command);
        }
        if (!command.getSubcommands().isEmpty() && error.getValue() != null) {
            return unknownCommand(error.getValue(), command); // help COMMAND
        }
        if (error instanceof OverwrittenOptionException twice && twice.getOverwritten() instanceof OptionSpec option) {
            return option.longestName() + " is given twice";
        }
        return takesConfig(command)
                ? "no configuration file is named; write: " + name(command) + " " + CONFIG + " FILE"
                : error.getMessage() + "; see: " + name(command) + " --help";
    }

    /** {@code -config} would be read as {@code -c onfig}. */
    private static @Nullable String withOneDash(CommandLine command, String[] args) {
        return Stream.of(args)
                .filter(arg -> arg.length() > 2 && !arg.startsWith("--"))
                .filter(arg -> longOptions(command).contains("-" + arg))
                .findFirst()
                .orElse(null);
    }

    private static String unknownOption(String option, CommandLine command) {
        String written = option.contains("=") ? option.substring(0, option.indexOf('=')) : option;
        String nearest = NearestName.find(written, longOptions(command));
        if (nearest != null) {
            return "unknown option '" + written + "'; did you mean " + nearest + "?";
        }
        for (CommandLine subcommand : command.getSubcommands().values()) {
            if (subcommand.getCommandSpec().findOption(written) != null) {
                return "'" + written + "' follows a command, as in: " + name(subcommand) + " " + written;
            }
        }
        return "unknown option '" + written + "'; see: " + name(command) + " --help";
    }

    private static String unexpectedArgument(String argument, CommandLine command) {
        if (!takesConfig(command)) {
            return "unexpected '" + argument + "'; write only: " + name(command);
        }
        return command.getParseResult() != null && command.getParseResult().hasMatchedOption(CONFIG)
                ? "unexpected '" + argument + "'; it takes one file, and " + CONFIG + " names one already"
                : "unexpected '" + argument + "'; did you mean " + CONFIG + " " + argument + "?";
    }

    private static String unknownCommand(String written, CommandLine root) {
        String nearest = NearestName.find(written, root.getSubcommands().keySet());
        if (nearest != null) {
            return "unknown command '" + written + "'; did you mean '" + nearest + "'?";
        }
        if (written.endsWith(".yaml") || written.endsWith(".yml") || new File(written).isFile()) {
            return "unknown command '" + written + "'; did you mean: " + name(root) + " run " + CONFIG + " " + written
                    + "?";
        }
        return "unknown command '" + written + "'; there are "
                + String.join(", ", root.getSubcommands().keySet());
    }

    private static boolean takesConfig(CommandLine command) {
        return command.getCommandSpec().findOption(CONFIG) != null;
    }

    private static List<String> longOptions(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .toList();
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName();
    }
}
