package io.portward.core.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The operator's guide lists the answers of Portward's own as they are given. */
class ErrorGuideTest {

    private static final Path GUIDE = Path.of("../docs/guide/errors.md");
    private static final Pattern ROW =
            Pattern.compile("^\\| (\\d{3}) \\| ([a-z ]+) \\| (closed|kept) \\|", Pattern.MULTILINE);

    @Test
    void listsEveryKindWithItsStatusAndWhatHappensToTheConnection() throws IOException {
        assertThat(ROW.matcher(Files.readString(GUIDE)).results())
                .extracting(row -> row.group(1) + " " + row.group(2) + " " + row.group(3))
                .containsExactlyElementsOf(Arrays.stream(ErrorKind.values())
                        .map(kind ->
                                kind.status() + " " + kind.description() + " " + (kind.closes() ? "closed" : "kept"))
                        .toList());
    }
}
