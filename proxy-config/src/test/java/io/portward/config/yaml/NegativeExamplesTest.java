package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portward.config.validate.ConfigurationException;
import io.portward.config.validate.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every {@code negative/*.yaml} fails with exactly the messages that stand beside it in {@code *.errors}, whose first line tells what
 * the JSON Schema says. To record new messages after looking at them: {@code mvn test -Dnegative.record=true}.
 */
class NegativeExamplesTest {

    private static final Path DIRECTORY = Path.of("src/test/resources/negative");

    private final JsonSchemaValidation schema = new JsonSchemaValidation();

    static Stream<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void failsWithTheRecordedMessages(String name) throws IOException {
        Path file = DIRECTORY.resolve(name);
        ConfigurationException e =
                catchThrowableOfType(ConfigurationException.class, () -> new ConfigLoader().load(file));
        assertThat(e).as("%s is accepted", name).isNotNull();

        String actual = verdict(file) + "\n"
                + e.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")) + "\n";
        actual = actual.replace(DIRECTORY + "/", "");
        Path recorded = DIRECTORY.resolve(name.replace(".yaml", ".errors"));
        if (Boolean.getBoolean("negative.record")) {
            Files.writeString(recorded, actual);
        }

        assertThat(actual).isEqualTo(Files.readString(recorded));
    }

    private String verdict(Path file) throws IOException {
        List<String> complaints = schema.complaints(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (complaints == null) {
            return "# the schema cannot see it: not a document of JSON-like values";
        }
        return complaints.isEmpty() ? "# the schema accepts it: only the rules see it" : "# the schema refuses it too";
    }
}
