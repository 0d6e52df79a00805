package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The operator's guide lists every key as the reader knows it. */
class ConfigReferenceTest {

    private static final Path GUIDE = Path.of("../docs/guide/configuration.md");
    private static final String BEGIN = "<!-- reference: begin; generated, see ConfigReferenceTest -->\n";
    private static final String END = "<!-- reference: end -->\n";

    /** To record the reference after a change of the keys: {@code mvn test -Dreference.record=true}. */
    @Test
    void theGuideHoldsTheGeneratedReference() throws IOException {
        String guide = Files.readString(GUIDE);
        int begin = guide.indexOf(BEGIN);
        int end = guide.indexOf(END);
        assertThat(begin).as("place of the reference in %s", GUIDE).isPositive().isLessThan(end);
        String expected =
                guide.substring(0, begin) + BEGIN + "\n" + ConfigReference.markdown() + "\n" + guide.substring(end);
        if (Boolean.getBoolean("reference.record")) {
            Files.writeString(GUIDE, expected);
        }

        assertThat(GUIDE).hasContent(expected);
    }

    @Test
    void knowsEveryKeyOfTheSchema() {
        List<String> keys = new ArrayList<>();
        addKeys(new Yaml(new SafeConstructor(new LoaderOptions())).load(ConfigSchema.json()), keys);
        String reference = ConfigReference.markdown();

        assertThat(keys)
                .hasSizeGreaterThan(40)
                .allSatisfy(key -> assertThat(reference).contains("\n| `" + key + "` | "));
    }

    /** The names under {@code properties} of everything in a schema that describes an object. */
    private static void addKeys(Object schema, List<String> keys) {
        if (schema instanceof Map<?, ?> map) {
            if (map.get("properties") instanceof Map<?, ?> properties && "object".equals(map.get("type"))) {
                properties.keySet().forEach(key -> keys.add(key.toString()));
            }
            map.values().forEach(value -> addKeys(value, keys));
        } else if (schema instanceof List<?> list) {
            list.forEach(value -> addKeys(value, keys));
        }
    }

    @Test
    void tellsRangesAndDefaults() {
        assertThat(ConfigReference.markdown())
                .contains("| `rotateEvery` | a duration from 100ms to 7d | `1h` |")
                .contains("| `headerBytes` | a size from 1KiB to 1MiB | `64KiB` |")
                .contains("| `weight` | a number from 1 to 1000 | `1` |")
                .contains(
                        "| `to` | a number from 1 to 65535 | `443` | The https port that clients are sent to. Only for redirect. |");
    }

    @Test
    void theGuideWarnsOnlyOfKeysThatExist() throws IOException {
        String guide = Files.readString(GUIDE);
        String dangers = guide.substring(guide.indexOf("## Settings that can hurt"), guide.indexOf(BEGIN));

        assertThat(Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE)
                        .matcher(dangers)
                        .results())
                .hasSizeGreaterThan(10)
                .allSatisfy(row -> assertThat(section(row.group(1))).contains("\n| `" + last(row.group(1)) + "` | "));
    }

    /** The part of the reference that lists the key with this path. */
    private static String section(String path) {
        String parent = path.equals(last(path)) ? "Top level" : "`" + path.substring(0, path.lastIndexOf('.')) + "`";
        String reference = ConfigReference.markdown();
        int begin = reference.indexOf("### " + parent + "\n");
        assertThat(begin).as("section %s", parent).isNotNegative();
        int end = reference.indexOf("\n### ", begin);
        return end < 0 ? reference.substring(begin) : reference.substring(begin, end);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
