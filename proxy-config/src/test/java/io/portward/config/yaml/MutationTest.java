package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.validate.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damages the examples at random: a file is read or refused with messages, and nothing else ever happens. */
class MutationTest {

    private static final List<String> PIECES = List.of(
            ":",
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "\"",
            "'",
            "#",
            "&a ",
            "*a",
            "!!x ",
            "|",
            ">",
            "%",
            "\n",
            "\n  ",
            "\t",
            "\r",
            "~",
            "null",
            "true",
            "-1",
            "0",
            "1e9",
            "99999999999999999999",
            "443",
            "10s",
            "64KiB",
            "::",
            "[::]:1",
            "0.0.0.0",
            "/",
            "..",
            "*.",
            "a.example",
            "\u0000",
            "\u202e",
            "\ud83d\udea2",
            "\ufeff",
            "<<: ",
            "? ",
            "---\n",
            "...\n",
            "ports",
            "backend",
            "tls: {}",
            "{}");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final JsonSchemaValidation schema = new JsonSchemaValidation();

    @ParameterizedTest
    @ValueSource(strings = {"portward.yaml", "virtual-hosts.yaml", "tls-anything.yaml"})
    void damagedTextIsReadOrRefused(String name) throws IOException {
        String original = Files.readString(Path.of("../conf", name));
        int accepted = 0;
        int refused = 0;
        for (int seed = 0; seed < 1500; seed++) {
            String text = mutate(original, new Random(seed));
            try {
                LoadedConfig loaded = new ConfigLoader().parse(text, "m.yaml", Path.of("/etc"));
                accepted++;
                assertThat(schema.complaints(text))
                        .as("schema, seed %d:%n%s", seed, text)
                        .isEmpty();
                assertThat(again(loaded))
                        .as("explain, seed %d:%n%s", seed, text)
                        .isEqualTo(loaded.configuration());
            } catch (ConfigurationException e) {
                refused++;
                assertThat(e.errors())
                        .as("seed %d:%n%s", seed, text)
                        .isNotEmpty()
                        .allSatisfy(problem -> {
                            assertThat(problem.message()).isNotBlank().doesNotContain("Exception", "io.portward", "\n");
                            assertThat(problem.toString()).startsWith("m.yaml:");
                        });
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ":\n" + text, e);
            }
        }
        // Both must happen, or the damage is too light or too heavy to tell anything.
        assertThat(accepted).isPositive();
        assertThat(refused).isPositive();
    }

    @Test
    void damagedBytesAreReadOrRefused() throws IOException {
        byte[] original = Files.readAllBytes(Path.of("../conf/portward.yaml"));
        Path file = directory.resolve("m.yaml");
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            byte[] bytes = original.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                new ConfigLoader().load(file);
            } catch (ConfigurationException e) {
                assertThat(e.errors()).isNotEmpty();
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ":\n" + new String(bytes, StandardCharsets.ISO_8859_1), e);
            }
        }
    }

    private static Object again(LoadedConfig loaded) throws ConfigurationException {
        String text = ConfigYamlWriter.write(loaded.configuration());
        return new ConfigLoader().parse(text, "explained.yaml", Path.of("/")).configuration();
    }

    private static String mutate(String original, Random random) {
        StringBuilder text = new StringBuilder(original);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + 1 + random.nextInt(12));
            String piece = PIECES.get(random.nextInt(PIECES.size()));
            switch (random.nextInt(5)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.replace(at, end, piece);
                case 2 -> text.insert(at, text.substring(at, end));
                case 3 -> {
                    List<String> lines = text.toString().lines().toList();
                    text.insert(at, "\n" + lines.get(random.nextInt(lines.size())) + "\n");
                }
                default -> text.insert(at, piece);
            }
        }
        return text.toString();
    }
}
