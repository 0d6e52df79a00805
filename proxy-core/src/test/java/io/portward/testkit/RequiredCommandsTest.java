package io.portward.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.io.TempDir;

class RequiredCommandsTest {

    @TempDir
    private Path directory;

    @BeforeEach
    void installOneProgram() throws IOException {
        Path program = Files.createFile(directory.resolve("installed"));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Files.createFile(directory.resolve("not-executable"));
    }

    @Test
    void runsWhereTheProgramIsOnTheSearchPath() {
        assertThat(evaluate(Map.of("PATH", "/nowhere:" + directory), NeedsInstalled.class)
                        .isDisabled())
                .isFalse();
    }

    @Test
    void runsWhereTheProgramIsInASystemDirectory() {
        RequiredCommands condition = new RequiredCommands(Map.of(), List.of(directory.toString()), directory);
        assertThat(condition.evaluate(Optional.of(NeedsInstalled.class)).isDisabled())
                .isFalse();
    }

    @Test
    void skipsAndNamesEveryMissingProgram() {
        ConditionEvaluationResult result = evaluate(Map.of("PATH", directory.toString()), NeedsMissing.class);
        assertThat(result.isDisabled()).isTrue();
        assertThat(result.getReason())
                .hasValueSatisfying(reason ->
                        assertThat(reason).contains("not-executable, absent").doesNotContain("installed,"));
    }

    @Test
    void looksForPythonModules() throws IOException {
        Map<String, String> environment = Map.of("PATH", directory.toString());
        assertThat(evaluate(environment, NeedsModule.class).getReason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("not installed: python3-h11 "));
        Files.createDirectory(directory.resolve("h11"));
        assertThat(evaluate(environment, NeedsModule.class).isDisabled()).isFalse();
    }

    @Test
    void failsUnderCiInsteadOfSkipping() {
        Map<String, String> environment = Map.of("PATH", directory.toString(), "CI", "true");
        assertThatThrownBy(() -> evaluate(environment, NeedsMissing.class))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("absent");
    }

    @Test
    void runsWhatNeedsNothing() {
        assertThat(evaluate(Map.of("CI", "true"), String.class).isDisabled()).isFalse();
    }

    private ConditionEvaluationResult evaluate(Map<String, String> environment, AnnotatedElement element) {
        return new RequiredCommands(environment, List.of(), directory).evaluate(Optional.of(element));
    }

    @RequiresCommand("installed")
    private static final class NeedsInstalled {}

    @RequiresCommand(value = "installed", pythonModules = "h11")
    private static final class NeedsModule {}

    @RequiresCommand({"installed", "not-executable", "absent"})
    private static final class NeedsMissing {}
}
