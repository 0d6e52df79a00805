package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Links between the pages lead somewhere, and every page of the guide can be reached from its first one. */
class GuideLinksTest {

    private static final Pattern FENCED = Pattern.compile("^```.*?^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

    static Stream<Path> pages() throws IOException {
        return GuidePages.all().stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void leadToFilesAndHeadingsThatExist(Path page) {
        assertThat(links(page)).allSatisfy(link -> {
            String[] parts = link.split("#", 2);
            Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
            assertThat(target).exists();
            if (parts.length == 2) {
                assertThat(anchors(target)).contains(parts[1]);
            }
        });
    }

    @Test
    void leadToEveryPageOfTheGuide() throws IOException {
        Path first = Path.of("../docs/guide/README.md");
        try (Stream<Path> files = Files.list(first.getParent())) {
            List<String> others = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md"))
                    .toList();

            assertThat(links(first)).containsAll(others);
        }
    }

    private static List<String> links(Path page) {
        return LINK.matcher(prose(page))
                .results()
                .map(match -> match.group(1))
                .filter(link -> !link.contains("://"))
                .toList();
    }

    /** As GitHub makes them: lower case, spaces to hyphens, other punctuation gone. */
    private static List<String> anchors(Path page) {
        return prose(page)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
                .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .toList();
    }

    private static String prose(Path page) {
        return FENCED.matcher(GuidePages.read(page)).replaceAll("");
    }
}
