package io.portward.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The operator's guide tells of every reason what to do. */
class HandshakeFailureGuideTest {

    private static final Path GUIDE = Path.of("../docs/guide/metrics.md");
    private static final String HEADER = "| `reason` | what happened | what to do |\n|---|---|---|\n";
    private static final Pattern ROW =
            Pattern.compile("^\\| `([a-z_]+)` \\| [^|]{10,} \\| [^|]{10,} \\|$", Pattern.MULTILINE);

    @Test
    void listsEveryReason() throws IOException {
        String guide = Files.readString(GUIDE);
        String table = guide.substring(guide.indexOf(HEADER) + HEADER.length()).split("\n\n", 2)[0];

        assertThat(ROW.matcher(table).results())
                .extracting(row -> row.group(1))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(HandshakeFailure.values())
                        .map(reason -> reason.name().toLowerCase(Locale.ROOT))
                        .toList());
    }
}
