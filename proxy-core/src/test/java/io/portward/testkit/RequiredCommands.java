package io.portward.testkit;

import java.io.File;
import java.lang.reflect.AnnotatedElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** The condition behind {@link RequiresCommand}. Immutable. */
final class RequiredCommands implements ExecutionCondition {

    /** Where servers live; the search path of an ordinary user often lacks these. */
    private static final List<String> SYSTEM_DIRECTORIES = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    private static final Path PYTHON_MODULES = Path.of("/usr/lib/python3/dist-packages");

    private final List<Path> directories;
    private final Path pythonModules;
    private final boolean mayLeaveOut;

    /** Looks at the environment of this process. */
    RequiredCommands() {
        this(System.getenv(), SYSTEM_DIRECTORIES, PYTHON_MODULES);
    }

    RequiredCommands(Map<String, String> environment, List<String> systemDirectories, Path pythonModules) {
        Stream<String> searchPath =
                Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1));
        this.directories = Stream.concat(searchPath, systemDirectories.stream())
                .filter(directory -> !directory.isEmpty())
                .map(Path::of)
                .toList();
        this.pythonModules = pythonModules;
        this.mayLeaveOut = !"true".equals(environment.get("CI"));
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return evaluate(context.getElement());
    }

    /**
     * Decides for a test class or method.
     *
     * @throws IllegalStateException if a program is missing where nothing may be left out
     */
    ConditionEvaluationResult evaluate(Optional<AnnotatedElement> element) {
        List<String> missing = AnnotationSupport.findAnnotation(element, RequiresCommand.class).stream()
                .flatMap(this::missing)
                .toList();
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("every program it needs is installed");
        }
        String reason = "not installed: " + String.join(", ", missing) + " (see .ci/packages.txt)";
        if (mayLeaveOut) {
            return ConditionEvaluationResult.disabled(reason);
        }
        throw new IllegalStateException(reason + "; with CI=true nothing may be left out");
    }

    private Stream<String> missing(RequiresCommand annotation) {
        Stream<String> commands = Stream.of(annotation.value()).filter(command -> !isInstalled(command));
        Stream<String> modules = Stream.of(annotation.pythonModules())
                .filter(module -> !Files.isDirectory(pythonModules.resolve(module)));
        return Stream.concat(commands, modules.map(module -> "python3-" + module));
    }

    private boolean isInstalled(String command) {
        return directories.stream().anyMatch(directory -> Files.isExecutable(directory.resolve(command)));
    }
}
